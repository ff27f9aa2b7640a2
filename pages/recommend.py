"""Recommend."""

from ui.recommend.page import page
from ui.shell.frame import show_page

show_page("recommend", page)
