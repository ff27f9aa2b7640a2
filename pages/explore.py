"""Explore."""

from ui.explore.page import page
from ui.shell.frame import show_page

show_page("explore", page)
