"""Recommend: a feed by content, by what others did, or by both."""

from __future__ import annotations

from ui.recommend.behavior import behavior_section
from ui.recommend.evaluation import figures_part
from ui.recommend.feed import feed_part
from ui.widgets.page_start import show_part, start_page
from ui.widgets.query.box import follow_request


def page() -> None:
    follow_request()
    at = start_page("There is no library to recommend from yet.")
    if at is not None:
        parts = {"feed": feed_part, "what others did": behavior_section, "how good it is": figures_part}
        show_part(at, parts, key="part")
