"""Inside a vector: what its numbers respond to, the effect of each word, and which part of a picture matters."""

from __future__ import annotations

from ui.inside.dimension_response import response_section
from ui.inside.saliency import heat_section
from ui.inside.vector_numbers import vector_section
from ui.inside.word_effects import word_section
from ui.widgets.page_start import show_part, start_page
from ui.widgets.query.box import follow_request

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
