"""Is a round fit to be published? Begin at `look.gate`."""
