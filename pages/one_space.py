"""One space."""

from ui.one_space.page import page
from ui.shell.frame import show_page

show_page("one_space", page)
