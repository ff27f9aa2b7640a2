"""The page Distance and direction."""
