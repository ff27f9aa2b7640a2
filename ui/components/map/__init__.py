"""The map of points."""
