"""Video strip."""
