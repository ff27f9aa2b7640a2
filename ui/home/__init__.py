"""The page Home: counts and example queries."""
