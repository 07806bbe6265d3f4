"""Can a whole year be tried before it is one? Begin at `year.rehearse`."""
