"""How do figures of others come to stand beside those of the returns? Readers of their
files, one a publisher.
"""
