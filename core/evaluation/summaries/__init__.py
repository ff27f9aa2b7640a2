"""Measures summaries: of pictures by what captions say of them, of videos by known shots, of texts by reading them."""
