"""What does a finished version tell a reader who opens everything in it? The leak scan
before it leaves the house.
"""
