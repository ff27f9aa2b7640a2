"""Inside a vector."""

from ui.inside.page import page
from ui.shell.frame import show_page

show_page("inside", page)
