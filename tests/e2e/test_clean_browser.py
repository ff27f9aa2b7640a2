"""Copies looked for, chosen by clicks and taken away as a list, in a real browser with the real encoder."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from browsing import PHONE, Visitor, drawn, soon

SECTIONS = ("Duplicates", "Outliers", "Unreadable", "Too small", "Blurred", "Too dark", "Two folders")


def tick(visitor: Visitor, name: str, count: int) -> None:
    """Ticks one more picture, and waits until so many are chosen."""
    visitor.page.get_by_role("checkbox", name=f"Select {name}").first.check()
    visitor.page.get_by_text(f"{count} chosen").wait_for()
    visitor.settle()


def section(visitor: Visitor, name: str) -> None:
    visitor.page.get_by_role("radio", name=name).click()
    visitor.settle()


def ticked(visitor: Visitor) -> list[str]:
    return visitor.page.locator("li.chosen:not(.frame) > .name").all_inner_texts()


def test_pictures_are_chosen_over_sections_and_taken_away_as_lists(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.go("clean_up", section="Too small", small="800").page
    first, second = visitor.names()[:2]
    tick(visitor, first, 1)
    tick(visitor, second, 2)
    section(visitor, "Too dark")
    page.get_by_role("button", name="Measure the pictures").click()
    page.get_by_role("slider").first.wait_for(timeout=60_000)
    section(visitor, "Too small")
    page.locator("li.chosen:not(.frame)").nth(1).wait_for()
    assert ticked(visitor) == [first, second] and page.get_by_text("2 chosen").is_visible()
    page.get_by_role("checkbox", name=f"Select {first}").uncheck()
    page.get_by_text("1 chosen").wait_for()
    visitor.settle().page.get_by_role("button", name="Export list").click()
    with page.expect_download() as table:
        page.get_by_role("button", name="Table (CSV)").click()
    rows = list(csv.DictReader(table.value.path().open(encoding="utf-8")))
    assert [Path(row["path"]).name for row in rows] == [second] and rows[0]["why"].startswith("small: ")
    with page.expect_download() as paths:
        page.get_by_role("button", name="Paths for other programs").click()
    assert paths.value.path().read_bytes() == rows[0]["path"].encode() + b"\0"
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Choose none").click()
    page.get_by_text("0 chosen").wait_for()
    page.locator("li.chosen").first.wait_for(state="detached")


def test_pictures_that_a_video_shows_stand_beside_it(visitor: Visitor) -> None:
    page = visitor.go("clean_up", frames="true").page
    page.get_by_role("button", name="Find duplicates").click()
    page.locator("h4", has_text="of copies").wait_for(timeout=120_000)
    visitor.settle().names()
    mixed = page.locator("li.frame", has=page.locator(".length")).first
    assert mixed.locator(".badge").inner_text() == "best" and mixed.locator(".name").count() > 1
    assert page.get_by_role("button", name="Choose all but the best").count() == 0, "no video goes for a frame"


def test_more_like_this_leads_to_the_search(visitor: Visitor) -> None:
    visitor.go("clean_up", section="Too small", small="800")
    name = visitor.names()[0]
    visitor.page.get_by_role("button", name=f"More like {name}").first.click()
    visitor.answer("the picture")
    assert visitor.link()["q"].startswith("item:")


def test_every_section_fits_a_phone(visitor: Visitor) -> None:
    visitor.page.set_viewport_size(PHONE)
    visitor.go("clean_up", small="800")
    for name in SECTIONS:
        section(visitor, name)
        visitor.page.get_by_text("chosen").first.wait_for()
        assert soon(drawn(visitor.page), visitor.fits), name
