"""One space."""
