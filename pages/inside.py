"""Inside a vector: what its numbers respond to, what words do to it, and which part of a picture answers."""

from __future__ import annotations

from ui.errors import boundary
from ui.inside.dimension_response import response_section
from ui.inside.saliency import heat_section
from ui.inside.vector_numbers import vector_section
from ui.inside.word_effects import word_section
from ui.shell.frame import header
from ui.widgets.page_start import show_part, start_page
from ui.widgets.query_box import follow_request

header(
    "Inside a vector",
    "An encoder turns a picture or a sentence into a list of numbers; here you see what these respond to in your own "
    "library. Read a direction by the pictures at its two ends, a query by what each of its words does, and a "
    "picture by what happens when a part of it is covered.",
)
_PARTS = {
    "directions": response_section,
    "numbers": vector_section,
    "words": word_section,
    "parts of a picture": heat_section,
}


def page() -> None:
    follow_request()
    at = start_page("There is no library to look into yet.")
    if at is not None:
        show_part(at, _PARTS, key="look")


with boundary():
    page()
