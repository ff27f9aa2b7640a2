"""The geometry of an embedding space, computed on a library at hand: distances, directions, dimensions, the gap between
words and pictures, and what raw pixels would say instead."""
