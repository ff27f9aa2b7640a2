"""Classify."""

from ui.classify.page import page
from ui.shell.frame import show_page

show_page("classify", page)
