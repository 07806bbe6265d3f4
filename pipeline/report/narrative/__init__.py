"""How does the narrative agree with the figures? Every number is bound to a cell or a
formula.
"""
