"""The page Pixels or embeddings."""
