"""The page Recommend: the feed, behavior, evaluation, sponsored items."""
