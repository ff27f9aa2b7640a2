"""Learn an embedding."""

from ui.learn.page import page
from ui.shell.frame import show_page

show_page("learn", page)
