"""The page Classify: classes, what to classify, and predictions."""
