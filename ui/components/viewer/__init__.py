"""A large picture that one zooms and moves."""
