"""The "In Python" lines of the screens."""
