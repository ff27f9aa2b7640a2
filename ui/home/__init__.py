"""The page Home: search of all kinds, and the library by date."""
