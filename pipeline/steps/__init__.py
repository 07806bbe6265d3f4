"""What does a build do, and why? Steps with what each reads, and a build of those that
have to be done.
"""
