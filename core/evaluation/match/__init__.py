"""Whether the match tells what is there from what is not; fitting its weights on labels and captions."""
