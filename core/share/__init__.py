"""Taking a library's vectors away, bringing vectors in, pages that open without a server, and data sets of a hub."""
