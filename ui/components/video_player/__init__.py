"""The video player."""
