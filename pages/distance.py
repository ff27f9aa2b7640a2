"""Distance and direction."""

from ui.distance.page import page
from ui.shell.frame import show_page

show_page("distance", page)
