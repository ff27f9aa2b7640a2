"""The map in a real browser: laid out, pointed at, clicked, drawn on, searched; by mouse, keys and on a phone."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from browsing import PHONE, Visitor, laid_out, soon
from playwright.sync_api import FloatRect

HOSTILE = "<img src=x onerror=\"document.title='run'\">"


def area(visitor: Visitor) -> FloatRect:
    """Where the map lies on the screen."""
    canvas = visitor.page.locator("canvas.over")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    return box


def box_around(visitor: Visitor, left: float, right: float) -> list[str]:
    """Draws a box from one share of the map's width to another, over its whole height; returns the gallery."""
    page, box = visitor.page, area(visitor)
    page.get_by_role("button", name="Box").click()
    page.mouse.move(box["x"] + left * box["width"] + 2, box["y"] + 3)
    page.mouse.down()
    page.mouse.move(box["x"] + right * box["width"] - 2, box["y"] + box["height"] - 3, steps=6)
    page.mouse.up()
    visitor.page.locator("h4", has_text="selected").wait_for()
    return visitor.settle().names()


def points_at_one(visitor: Visitor) -> str:
    """Moves the mouse until it is at a point; returns what the card beside it says."""
    page, box, tip = visitor.page, area(visitor), visitor.page.locator(".tip")
    for row in range(2, 22):
        for column in range(2, 62):
            page.mouse.move(box["x"] + column * box["width"] / 64, box["y"] + row * box["height"] / 24)
            if tip.is_visible():
                page.wait_for_function(
                    """() => { const find = root => [...root.querySelectorAll("*")].flatMap(each =>
                      each.matches(".tip img") ? [each] : each.shadowRoot ? find(each.shadowRoot) : [])
                      const image = find(document)[0]; return !image.hidden && image.naturalWidth > 0 }"""
                )
                return tip.locator(".name").inner_text()
    raise AssertionError("no point under the mouse")


def test_a_box_or_a_lasso_changes_the_gallery(visitor: Visitor) -> None:
    page = laid_out(visitor, layout="UMAP").page
    assert page.locator("button.open").count() == 0, "nothing is selected yet"
    left = box_around(visitor, 0.0, 0.5)
    page.get_by_role("button", name="Clear", exact=True).click()
    page.locator("button.open").first.wait_for(state="detached")
    right = box_around(visitor.settle(), 0.5, 1.0)
    assert left and right and not set(left) & set(right)

    box = area(visitor)
    page.get_by_role("button", name="Lasso").click()
    page.mouse.move(box["x"] + 4, box["y"] + 4)
    page.mouse.down()
    for x, y in ((0.99, 0.01), (0.99, 0.99), (0.01, 0.99)):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=5)
    page.mouse.up()
    count = page.locator(".frame").get_attribute("data-count")
    page.locator("h4", has_text=f"{count} points selected").wait_for()
    assert set(left) | set(right) <= set(visitor.settle().names())


def test_pointing_shows_a_picture_and_a_click_opens_it(visitor: Visitor) -> None:
    page = laid_out(visitor).page
    name = points_at_one(visitor)
    page.mouse.down()
    page.mouse.up()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("heading", name=name).wait_for()
    dialog.get_by_role("button", name="More like this").click()
    page.get_by_role("heading", name="Search").first.wait_for()


@pytest.fixture
def looking(regular: Visitor) -> Visitor:
    """Whoever looks at the map already, wherever it was moved to, and has selected nothing."""
    if regular.page.locator(".frame[data-count]").count() == 0:
        laid_out(regular)
    return regular.settle()


def test_a_search_lights_up_its_hits(looking: Visitor) -> None:
    page = looking.page
    assert page.locator(".frame").get_attribute("data-lit") == ""
    before = page.locator("canvas.points").screenshot()
    page.get_by_role("searchbox").fill("a cat")
    page.keyboard.press("Enter")
    page.locator(".frame[data-count]:not([data-lit=''])").wait_for()
    count = int(page.locator(".frame").get_attribute("data-lit") or 0)
    page.get_by_text(f"{count} point").first.wait_for()
    assert 0 < count < int(page.locator(".frame").get_attribute("data-count") or 0)
    assert soon(page, lambda: page.locator("canvas.points").screenshot() != before)
    assert looking.link()["light"] == "a cat"


def test_it_can_be_used_by_keys_alone(looking: Visitor) -> None:
    page = looking.page
    page.locator("canvas.over").focus()
    for key in ("+", "+", "ArrowLeft", "ArrowUp", "-"):
        page.keyboard.press(key)
    page.get_by_role("button", name="Select visible").focus()
    page.keyboard.press("Enter")
    page.locator("h4", has_text="selected").wait_for()
    sample = int(page.locator(".frame").get_attribute("data-chosen") or 0)
    assert 0 < sample < int(page.locator(".frame").get_attribute("data-count") or 0)
    page.locator("canvas.over").focus()
    page.keyboard.press("Escape")
    page.locator(".frame[data-chosen='']").wait_for()


def test_zoomed_in_the_pictures_are_on_the_map(looking: Visitor) -> None:
    page = looking.page
    points_at_one(looking)
    blank = page.locator("canvas.over").screenshot()
    for _ in range(4):
        page.mouse.wheel(0, -160)
    page.locator(".frame[data-pictures=shown]").wait_for()
    assert soon(page, lambda: page.locator("canvas.over").screenshot() != blank)
    page.get_by_role("button", name="Select visible").click()
    page.locator("h4", has_text="selected").wait_for()
    few = int(page.locator(".frame").get_attribute("data-chosen") or 0)
    assert 0 < few <= 100


def test_a_cluster_is_selected_from_the_list(looking: Visitor) -> None:
    page = looking.page
    row = page.get_by_role("list", name="Clusters").get_by_role("button").first
    size = int(row.locator(".size").inner_text())
    row.click()
    page.locator(f".frame[data-chosen='{size}']").wait_for()
    assert looking.settle().names()
    with page.expect_download() as table:
        page.get_by_role("button", name="Table (CSV)").click()
    assert table.value.suggested_filename == "selection.csv"


def test_words_on_the_map_are_never_run(visitor: Visitor) -> None:
    page = laid_out(visitor, texts=HOSTILE).page
    points_at_one(visitor)
    page.get_by_role("button", name="Select visible").click()
    page.get_by_text("onerror").first.wait_for()
    assert page.title() != "run" and page.locator(".frame img[src=x], h4 img").count() == 0


def test_it_fits_a_phone_in_the_dark(visitor: Visitor) -> None:
    visitor.page.set_viewport_size(PHONE)
    visitor.page.emulate_media(color_scheme="dark")
    laid_out(visitor)
    assert visitor.fits() and area(visitor)["width"] > 300
    visitor.page.get_by_role("button", name="Select visible").click()
    visitor.page.locator("h4", has_text="selected").wait_for()
    assert visitor.settle().names() and visitor.fits()
