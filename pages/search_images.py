"""Search images."""

from ui.search.images_page import page
from ui.shell.frame import show_page

show_page("search_images", page)
