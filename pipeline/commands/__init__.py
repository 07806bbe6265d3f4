"""What can be asked on the command line? Parses, calls one function, prints."""
