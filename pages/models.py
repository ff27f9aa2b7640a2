"""Models side by side."""

from ui.models.page import page
from ui.shell.frame import show_page

show_page("models", page)
