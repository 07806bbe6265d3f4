"""What do charts and maps look like? Inline SVG with real text, the same bytes every
time.
"""
