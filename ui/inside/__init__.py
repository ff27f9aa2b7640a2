"""The page Inside a vector."""
