"""How are tables read that states send as records? One row per victim, detection or
seizure; DuckDB reads, checks and counts them.
"""
