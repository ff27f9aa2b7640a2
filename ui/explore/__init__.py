"""The page Explore: the map, its clusters and selections."""
