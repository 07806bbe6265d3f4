"""What do we hold, from whom, since when? The append-only ledger of submissions in
DuckDB.
"""
