"""Ask."""

from ui.ask.page import page
from ui.shell.frame import show_page

show_page("ask", page)
