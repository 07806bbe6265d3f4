"""What goes to an expert meeting to be amended, and what comes back from it?"""
