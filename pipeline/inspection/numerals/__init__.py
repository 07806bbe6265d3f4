"""What is each numeral of a finished PDF? A cell, a named formula over cells, or a
listed exception: the number audit.
"""
