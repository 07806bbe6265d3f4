"""What did a state send? Every filled cell with its address and raw text, read without
guessing.
"""
