"""The page How many dimensions."""
