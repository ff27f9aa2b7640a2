"""The feed of recommendations."""
