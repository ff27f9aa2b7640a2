"""What it takes to read the picture files that people have: raw, turned, deep, odd, cut off."""
