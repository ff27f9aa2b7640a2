"""Copy link."""
