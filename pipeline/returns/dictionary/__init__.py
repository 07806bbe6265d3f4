"""What do the contracts ask, in one place to look it up? The data dictionary, as a
workbook and a page.
"""
