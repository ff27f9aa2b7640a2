"""The frame of every page: navigation, sidebar, title and error boundary."""
