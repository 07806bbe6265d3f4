"""Is what a state sent plausible and complete? The contract's rules, run on what intake
read.
"""
