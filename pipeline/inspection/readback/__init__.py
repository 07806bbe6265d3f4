"""What does a finished document say? Its text, charts and bindings as data."""
