"""The page One space."""
