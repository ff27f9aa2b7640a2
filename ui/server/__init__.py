"""The server process: garbage collection, addresses of media files."""
