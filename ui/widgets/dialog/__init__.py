"""Parts of the dialog of an item."""
