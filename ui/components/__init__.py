"""Components with JavaScript of their own, each with its .py, .js and .css."""
