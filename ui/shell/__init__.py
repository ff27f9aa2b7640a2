"""What surrounds every page: navigation, sidebar, title and error boundary."""
