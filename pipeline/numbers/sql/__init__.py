"""How are numbers computed? Runs the models and checks of the folder sql/ in the order
of their references.
"""
