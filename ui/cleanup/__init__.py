"""The page Clean up: duplicates, outliers, poor pictures."""
