"""What is around the returns of a round? Its days, and who owes what until when."""
