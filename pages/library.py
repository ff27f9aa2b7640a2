"""Library."""

from ui.library.page import page
from ui.shell.frame import show_page

show_page("library", page)
