"""State of a visit and of the server: libraries, encoders, queue, caches."""
