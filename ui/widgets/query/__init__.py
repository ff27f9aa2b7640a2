"""What people ask with: the box, its terms and weights, their uploads."""
