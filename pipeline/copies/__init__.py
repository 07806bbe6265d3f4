"""Who holds which copy? Restricted editions are handed out marked, encrypted and logged; a leaked page names its copy."""
