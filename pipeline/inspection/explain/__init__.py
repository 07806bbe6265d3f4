"""Where does a printed number come from? From its place in a report back to the cells
of the returns.
"""
