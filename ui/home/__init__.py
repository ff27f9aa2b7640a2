"""Home: what there is to search, and queries to begin with."""
