"""Whether clusters, their names, outliers and duplicates are what people would say."""
