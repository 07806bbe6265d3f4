"""How does text stay true to the data? Every number is bound to a cell or a formula."""
