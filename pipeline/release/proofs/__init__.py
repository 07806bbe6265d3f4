"""What does a state say to what will be printed of it? Begin at `sheets`."""
