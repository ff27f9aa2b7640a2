"""The page Recommend: the feed, behavior, evaluation, advertisements."""
