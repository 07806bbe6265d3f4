"""What goes back to a state? Its return with the findings marked in it, and a letter
that sums up.
"""
