"""Video player."""
