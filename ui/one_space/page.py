"""One space: words, pictures and videos as points that can be compared, and the gap between them."""

from __future__ import annotations

from ui.one_space.cross_modal_query import query_section
from ui.one_space.map_link import map_section
from ui.one_space.mixed_list import mixed_section
from ui.one_space.modality_gap import gap_section
from ui.widgets.page_start import show_part, start_page
from ui.widgets.query.box import follow_request

_PARTS = {
    "one question": query_section,
    "the gap": gap_section,
    "texts and pictures": mixed_section,
    "one picture": map_section,
}


def page() -> None:
    follow_request()
    at = start_page("There is no library to look into yet.")
    if at is not None:
        show_part(at, _PARTS, key="view")
