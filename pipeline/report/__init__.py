"""How does a report read and look? Exhibits, narrative and charts from a store, as HTML
and PDF.
"""
