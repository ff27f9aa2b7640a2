"""Summaries of a selection, a folder or a video, in a dialog with a slider and downloads."""
