"""Work in processes apart: what they take is given back when they end, and they can be ended at any moment."""
