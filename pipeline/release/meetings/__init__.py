"""What does an expert meeting get from the Center? Its book and its amendment sheet."""
