"""How do returns of states become reports? Wing by wing: docs/architecture.md shows the
way of one figure.
"""

__version__ = "0.1.0"
