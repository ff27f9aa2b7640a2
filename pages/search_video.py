"""Search video."""

from ui.search.videos_page import page
from ui.shell.frame import show_page

show_page("search_video", page)
