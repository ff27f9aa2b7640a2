"""The grid and the viewer as a visitor uses them: by keyboard, by ticks, and with the browser's Back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import expect

if TYPE_CHECKING:
    from browsing import Visitor


def test_the_grid_is_one_stop_and_keys_walk_tick_and_open(regular: Visitor) -> None:
    page = regular.turn_to("search_images").search("a cat").page
    cards = page.locator("button.open")
    expect(page.locator("button.open[tabindex='0']")).to_have_count(1)
    cards.first.focus()
    page.keyboard.press("ArrowRight")
    expect(cards.nth(1)).to_be_focused()
    page.keyboard.press("Space")
    page.get_by_text("1 selected", exact=True).wait_for()
    page.locator(".tick input").nth(4).click(modifiers=["Shift"])
    page.get_by_text("4 selected", exact=True).wait_for()


def test_back_walks_from_query_to_query_past_moments(regular: Visitor) -> None:
    page = regular.turn_to("search_video").search("a cat").page
    regular.search("a rocket")
    page.locator("button.seek").nth(1).click()
    regular.settle()
    regular.search("a cup of coffee")
    for query in ("a rocket", "a cat"):
        page.evaluate("history.back()")
        regular.answer(f"“{query}”")
        expect(page.get_by_label("What to look for")).to_have_value(query)


def test_results_sorted_by_name_are_in_the_link(regular: Visitor) -> None:
    names = regular.go("search_images", q="an animal", sort="Name").answer("“an animal”").names()
    expect(regular.page.get_by_label("Sort by").first).to_have_value("Name")
    assert regular.link()["sort"] == "Name" and names
