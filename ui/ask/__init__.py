"""The page Ask: a question, the sentences that answer it, and what fits beside them."""
