"""What does a state say to the figures that will be printed of it? Begin at `sheets`."""
