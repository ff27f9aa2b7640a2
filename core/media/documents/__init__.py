"""Documents as passages: readers of the formats, one module each, and how their text is split."""
