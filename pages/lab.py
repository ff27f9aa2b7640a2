"""Lab."""

from ui.lab.page import page
from ui.shell.frame import show_page

show_page("lab", page)
