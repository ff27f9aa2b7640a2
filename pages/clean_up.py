"""Clean up."""

from ui.cleanup.page import page
from ui.shell.frame import show_page

show_page("clean_up", page)
