"""The history of the browser: one entry for each query."""
