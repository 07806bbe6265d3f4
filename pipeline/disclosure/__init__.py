"""What may others see, and is that proven? Chosen, proven and kept beside what was out
before.
"""
