"""Is every numeral of a finished PDF a cell, a named formula over cells, or a listed
exception? The number audit.
"""
