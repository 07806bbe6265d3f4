"""Is what was made what was meant? Finished documents read back, judged and explained."""
