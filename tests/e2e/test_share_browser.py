"""A saved page in a real browser: opened from the disk, it shows everything, asks nobody for anything and runs nothing
but its own script."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from browsing import Visitor, soon
from playwright.sync_api import Browser, Page

from core import Library, ingest, open_encoder
from core.explore.atlas import AtlasRequest, build_atlas
from core.share.pages.map import map_page
from core.share.pages.page import write_page

HOSTILE = "</script><img src=x onerror=\"document.title='run'\">"


def opened(chrome: Browser, file: Path, *, width: int, scheme: str) -> tuple[Page, list[str]]:
    """The file in a tab of its own, and whatever went wrong or left it."""
    page, wrong = chrome.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme), list[str]()
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: wrong.append(request.url) if request.url[:5] not in ("data:", "file:") else None)
    page.goto(file.as_uri())
    return page, wrong


def save(visitor: Visitor, file: Path) -> None:
    """What is in sight, as a page."""
    visitor.page.get_by_role("button", name="Save as web page").click()
    visitor.page.get_by_role("button", name="Create the page").click()
    with visitor.page.expect_download() as download:
        visitor.page.get_by_role("button", name=re.compile(r"Download \(")).click()
    download.value.save_as(file)


def test_moments_are_saved_as_a_page_that_opens_from_disk(visitor: Visitor, chrome: Browser, tmp_path: Path) -> None:
    save(visitor.go("search_video", q="a cat"), tmp_path / "moments.html")
    page, wrong = opened(chrome, tmp_path / "moments.html", width=390, scheme="dark")
    assert page.locator("figure img").count() == page.locator("figure").count() >= page.locator("svg.chart").count() > 0
    page.wait_for_function("[...document.images].every(each => each.loading = 'eager')")
    page.wait_for_function("[...document.images].every(each => each.complete && each.naturalWidth > 0)")
    assert page.locator("h3").first.inner_text().startswith("1. ")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth") and wrong == []
    page.close()


def test_results_are_saved_as_a_page_that_opens_from_disk(visitor: Visitor, chrome: Browser, tmp_path: Path) -> None:
    names = visitor.go("search_images", q="a cat").names()
    save(visitor, tmp_path / "results.html")
    for width, scheme, back in ((1280, "light", "rgb(252, 251, 248)"), (390, "dark", "rgb(21, 25, 26)")):
        page, wrong = opened(chrome, tmp_path / "results.html", width=width, scheme=scheme)
        pictures = page.locator("figure img")
        assert pictures.count() == len(names) and f"1. {names[0]}" in page.locator("figure").first.inner_text()
        assert pictures.evaluate_all("all => all.every(each => { each.loading = 'eager'; return true })")
        page.wait_for_function("[...document.images].every(each => each.complete && each.naturalWidth > 0)")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == back
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth") and wrong == []
        page.close()


def test_a_saved_map_shows_what_one_points_at(chrome: Browser, tmp_path: Path, photos: Path) -> None:
    encoder, library = open_encoder(), Library(tmp_path / "library", create=True)
    ingest(library, encoder, [photos])
    atlas = build_atlas(library, encoder, AtlasRequest(layout="pca", k=3, texts=(HOSTILE,)))
    write_page(
        tmp_path / "map.html", map_page(atlas, [HOSTILE, "two", "three"], library="L", encoder="E", layout="PCA")
    )
    page, wrong = opened(chrome, tmp_path / "map.html", width=900, scheme="light")
    box, tip = page.locator(".map canvas").bounding_box(), page.locator(".tip")
    assert box is not None
    grid = ((x, y) for y in range(2, 98, 2) for x in range(2, 98, 1))
    for x, y in grid:
        page.mouse.move(box["x"] + box["width"] * x / 100, box["y"] + box["height"] * y / 100)
        if tip.locator("img").is_visible():
            break
    assert tip.locator("b").inner_text().endswith(".png")
    before = page.locator(".map canvas").screenshot()
    page.mouse.wheel(0, -300)
    page.get_by_role("button", name="two").click()
    assert page.locator(".legend button[aria-pressed=true]").count() == 1
    assert soon(page, lambda: page.locator(".map canvas").screenshot() != before)
    assert page.title() == "Map of L" and page.locator("img[src=x]").count() == 0 and wrong == []
    page.close()
