"""Hf datasets."""
