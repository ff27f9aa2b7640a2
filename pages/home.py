"""Home."""

from ui.home.page import page
from ui.shell.frame import show_page

show_page("home", page)
