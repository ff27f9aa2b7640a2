"""Things chosen, walked between and sorted, and the gap, in a real browser with the real encoder."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from browsing import PHONE, Visitor
from PIL import Image


def test_a_picture_of_the_library_and_an_upload_are_things(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.go("distance", a="a cat", b="a dog", things="2").page
    page.get_by_text("of all pairs of two phrases").wait_for()
    page.locator(".st-key-thing-b").get_by_role("button").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("searchbox").fill("a cat")
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Use chelsea.png").click()
    page.get_by_text("of all pairs of a phrase and a picture of this library").wait_for()
    page.get_by_text("picture chelsea.png").wait_for()
    assert visitor.settle().link()["b"].startswith("item:")
    Image.new("RGB", (90, 60), (200, 30, 30)).save(tmp_path / "mine.png")
    page.locator(".st-key-thing-b").get_by_role("button").first.click()
    page.get_by_role("dialog").locator("input[type=file]").set_input_files(tmp_path / "mine.png")
    page.get_by_text("your picture").wait_for()
    visitor.settle()


def test_an_axis_on_a_phone(visitor: Visitor) -> None:
    visitor.page.set_viewport_size(PHONE)
    visitor.go("distance", part="an axis", low="a texture", high="a person", by="words")
    highest = visitor.names()[12:]
    assert {"astronaut.png", "cameraman.png"} & set(highest) and "grass.png" not in highest[-4:]
    assert visitor.fits()


def test_a_point_of_the_plane_opens_its_picture(visitor: Visitor) -> None:
    page = visitor.go("distance", part="an axis", plane="true").page
    page.locator(".js-plotly-plot .scatterlayer .point").first.click(force=True)
    page.get_by_role("dialog").get_by_text("More like this").wait_for()


def test_one_question_three_ways_and_the_gap(visitor: Visitor) -> None:
    page = visitor.go("one_space", view="one question", word="a cup of coffee").page
    page.get_by_role("button", name="Use the best picture and clip").click()
    page.get_by_text("Shared by the first 10 results").wait_for()
    link = visitor.settle().link()
    assert link["picture"].startswith("item:") and link["clip"].startswith("item:")
    page.get_by_text("the gap", exact=True).click()
    page.get_by_text("Size of the gap").wait_for()
    assert visitor.settle().fits()
