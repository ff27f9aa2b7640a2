"""What it takes to read and write video files: opening within limits, decoding in order of time, cuts."""
