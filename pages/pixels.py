"""Pixels or embeddings."""

from ui.pixels.page import page
from ui.shell.frame import show_page

show_page("pixels", page)
