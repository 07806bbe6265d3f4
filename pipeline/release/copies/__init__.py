"""Who holds which copy? Restricted editions go out marked, encrypted and logged; a
leaked page names its copy.
"""
