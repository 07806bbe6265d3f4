"""What stands in a file that somebody sent? Its kind, its cells as text with their
addresses; opened with distrust.
"""
