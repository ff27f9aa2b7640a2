"""Distance and direction: how far things are from each other, and what a direction in the space means."""

from __future__ import annotations

from ui.distance.analogy import analogy_section
from ui.distance.axis import axis_section
from ui.distance.directions import step_section, walk_section
from ui.distance.pairs import distance_section
from ui.widgets.page_start import show_part, start_page
from ui.widgets.query.box import follow_request

_PARTS = {
    "distance": distance_section,
    "a walk": walk_section,
    "a step aside": step_section,
    "analogies": analogy_section,
    "an axis": axis_section,
}


def page() -> None:
    follow_request()
    at = start_page("There is no library to measure in yet.")
    if at is not None:
        show_part(at, _PARTS, key="part")
