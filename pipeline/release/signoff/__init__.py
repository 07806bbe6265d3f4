"""Who may let a version go? Its states and moves, the record of who signed what, and
the checks before a release.
"""
