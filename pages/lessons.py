"""Lessons."""

from ui.lessons.page import page
from ui.shell.frame import show_page

show_page("lessons", page)
