"""The strip of frames."""
