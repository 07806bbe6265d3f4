"""What do we ask of states? Contracts and code lists, and everything that follows from
them alone.
"""
