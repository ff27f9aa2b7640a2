"""The page Learn an embedding."""
