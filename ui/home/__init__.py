"""Home: what is there to search, and a few queries to begin with."""
