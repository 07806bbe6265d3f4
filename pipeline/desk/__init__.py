"""Where does the round stand? One page for the whole of it, made of what the steps left
in the outputs.
"""
