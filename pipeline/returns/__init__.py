"""What did states send, is it right, and what goes back to them?"""
