"""Parts that several screens use: query box, filters, pickers, details, labels."""
