"""How many dimensions."""

from ui.dimensions.page import page
from ui.shell.frame import show_page

show_page("dimensions", page)
