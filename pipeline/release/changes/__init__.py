"""What is different between two builds of a report? Numbers with the reason, text,
exhibits, and pages side by side.
"""
