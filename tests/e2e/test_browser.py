"""The app in a real browser, with the real embedded encoder, on the sample library."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from browsing import PHONE, Visitor
from playwright.sync_api import expect


def test_a_cat_is_found_from_the_home_page(regular: Visitor) -> None:
    regular.go()
    regular.page.get_by_role("button", name="a cat", exact=True).click()
    assert set(regular.answer("“a cat”").names()[:3]) == {"chelsea.png", "in town.mp4", "upright.mp4"}
    assert "Results for “a cat”" in regular.page.locator("h4").inner_text()
    assert parse_qs(urlsplit(regular.page.url).query)["q"] == ["a cat"]  # the link can be given on


def test_words_find_what_they_mean(regular: Visitor) -> None:
    regular.turn_to("search_images")
    for query, name in (
        ("a cup of coffee", "coffee.png"),
        ("a rocket launch", "rocket.jpg"),
        ("a motorbike", "motorcycle.png"),
    ):
        assert regular.search(query).names()[0] == name


def test_the_link_opens_the_same_in_another_tab(visitor: Visitor) -> None:
    visitor.go("search_images").search("a flower - a cat", told="“a flower”, without “a cat”")
    parameters = parse_qs(urlsplit(visitor.page.url).query)
    assert parameters["q"] == ["a flower - a cat"] and parameters["library"] == ["Sample photos"]
    other = Visitor(visitor.site, visitor.page.context.new_page())
    other.page.goto(visitor.page.url)
    other.page.wait_for_selector("button.open")
    assert other.settle().names() == visitor.names()
    other.page.close()


def test_the_link_is_copied(visitor: Visitor) -> None:
    visitor.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.go("search_images", q="a cat", top="24")
    visitor.page.get_by_role("button", name="Copy link", exact=True).click()
    visitor.page.get_by_role("button", name="Copied").wait_for()
    link = visitor.page.evaluate("navigator.clipboard.readText()")
    assert link == visitor.page.url and parse_qs(urlsplit(link).query)["q"] == ["a cat"]


def test_details_by_keyboard_and_more_like_this(regular: Visitor) -> None:
    regular.turn_to("search_images").search("a person in a suit")
    first = regular.names()[0]
    regular.page.locator("button.open").first.focus()
    regular.page.keyboard.press("Enter")
    dialog = regular.page.get_by_role("dialog")
    dialog.get_by_text("cosine").wait_for()
    assert first in dialog.locator("code").first.inner_text()
    regular.page.keyboard.press("ArrowRight")
    dialog.get_by_role("heading", name=regular.names()[1], exact=True).wait_for()
    regular.page.keyboard.press("ArrowLeft")
    dialog.get_by_role("heading", name=first, exact=True).wait_for()
    regular.page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    expect(regular.page.locator("button.open").first).to_be_focused()
    regular.page.keyboard.press("Enter")
    dialog.get_by_role("button", name="More like this").click()
    regular.answer("the picture")
    assert dialog.count() == 0 and first not in regular.names()
    assert re.search(r"q=item%3A[0-9a-f]+", regular.page.url)


def test_more_like_this_below_a_picture(regular: Visitor) -> None:
    regular.turn_to("search_images").search("a cat")
    regular.page.get_by_role("button", name="More like chelsea.png").click()
    assert "chelsea.png" not in regular.answer("the picture chelsea.png").names()
    picture = regular.page.locator("button.open img").first
    assert "/media/" in (picture.get_attribute("src") or "")
    picture.evaluate("image => image.decode()")  # fails for one that does not load


def test_a_picture_of_ones_own_is_a_query(visitor: Visitor) -> None:
    import skimage

    visitor.go("search_images")
    visitor.page.get_by_role("button", name="Add a picture").click()
    file = Path(skimage.__file__).parent / "data" / "chelsea.png"
    visitor.page.locator("input[type=file]").set_input_files(file)
    assert visitor.answer("your picture").names()[0] == "chelsea.png"


def test_ticked_pictures_are_taken_away_as_zip_and_in_a_link(visitor: Visitor, tmp_path: Path) -> None:
    import zipfile

    visitor.go("search_images").search("a cat")
    for name in visitor.names()[:2]:
        visitor.page.get_by_role("checkbox", name=f"Select {name}").check()
    visitor.page.get_by_text("2 selected", exact=True).wait_for()
    visitor.settle()
    with visitor.page.expect_download() as download:
        visitor.page.get_by_role("button", name="Photos (zip)").click()
    download.value.save_as(tmp_path / "photos.zip")
    with zipfile.ZipFile(tmp_path / "photos.zip") as archive:
        assert archive.namelist()[0] == "0001 chelsea.png" and archive.namelist()[-1] == "hits.csv"
    visitor.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.page.get_by_role("button", name="Copy link with selection").click()
    visitor.page.get_by_role("button", name="Copied").wait_for()
    other = Visitor(visitor.site, visitor.page.context.new_page())
    other.page.goto(visitor.page.evaluate("navigator.clipboard.readText()"))
    other.page.get_by_text("2 selected", exact=True).wait_for()
    other.page.locator("li.chosen").nth(1).wait_for()
    assert other.settle().page.locator("li.chosen .name").all_inner_texts() == visitor.names()[:2]
    assert other.link() == visitor.link()
    other.check()
    other.page.close()


def test_results_stand_in_two_columns_on_a_phone(visitor: Visitor) -> None:
    visitor.page.set_viewport_size(PHONE)
    visitor.go("search_images", q="2:a cat + coffee - a person")
    visitor.page.wait_for_selector("button.open")
    columns = visitor.page.locator("button.open").evaluate_all(
        "all => new Set(all.map(b => b.getBoundingClientRect().left)).size"
    )
    assert columns == 2 and visitor.fits()


def test_uploads_are_indexed_while_one_looks(visitor: Visitor, tmp_path: Path) -> None:
    from PIL import Image

    visitor.go("library")
    visitor.page.get_by_text("Other libraries").click()
    visitor.page.get_by_role("button", name="Start library").click()
    visitor.page.get_by_text("0 pictures searchable").wait_for()
    name = "<img src=x onerror=document.title='owned'>.png"
    Image.new("RGB", (300, 200), (200, 30, 30)).save(tmp_path / "plain.png")
    visitor.page.get_by_role("tab", name="Upload").click()
    data = (tmp_path / "plain.png").read_bytes()
    visitor.page.get_by_test_id("stTabs").locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "image/png", "buffer": data}
    )
    visitor.page.get_by_test_id("stFileChip").wait_for()
    visitor.page.get_by_role("button", name="Add to library").click()
    visitor.page.get_by_text("1 added").wait_for()
    visitor.page.get_by_role("link", name="Home").click()
    visitor.page.wait_for_selector("button.open")
    assert visitor.settle().page.title() == "Home · Semblance" and len(visitor.names()) == 1
