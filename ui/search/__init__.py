"""The pages Search images and Search video."""
