"""Reporting pipeline of the Southeast European Law Enforcement Center (SELEC): returns
in, reports out.
"""

__version__ = "0.1.0"
