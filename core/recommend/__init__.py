"""Recommendation: from content, from behaviour, and from both, each with its reason."""
