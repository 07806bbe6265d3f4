"""Where are all submissions kept? In the append-only ledger, a DuckDB file."""
