"""Which cells may a version show? Writes the stores that reports are rendered from."""
