"""Search of texts: passages by meaning and by words, and what a match of two texts is worth."""
