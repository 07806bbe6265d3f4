"""Is what was made what was meant? Documents are read back and judged."""
