"""Tables sent as records: one row per victim, detection or seizure. DuckDB reads,
checks and counts them.
"""
