"""In which forms can others load what was released? SDMX, a Frictionless data package,
workbook, tables as CSV.
"""
