"""Fewer dimensions and raw pixels, in a real browser with the real encoder and the sample library."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from browsing import PHONE, Visitor


def test_a_library_is_stored_searched_and_undone(visitor: Visitor) -> None:
    page = visitor.go("dimensions", d="16").page
    page.get_by_role("button", name="Measure", exact=True).click()
    page.get_by_text("The knee (PCA)").wait_for(timeout=60_000)
    page.locator(".js-plotly-plot").wait_for()
    visitor.settle()
    page.get_by_role("button", name="Store my library at 16").click()
    page.get_by_role("button", name="Search with it").click()
    page.wait_for_url("**/search_images**")
    assert "@pca16-" in visitor.settle().link()["encoder"]
    page.get_by_text("16 dimensions", exact=False).first.wait_for()
    visitor.search("a cat")
    assert visitor.names()[0] == "chelsea.png"

    page = visitor.go("library").page
    page.get_by_text("Encoders", exact=True).click()
    page.get_by_text("embedded, 16 dimensions (PCA)").first.wait_for()
    page.get_by_role("button", name="Delete vectors").nth(1).click()
    page.get_by_text("embedded, 16 dimensions (PCA)").first.wait_for(state="detached")
    assert visitor.go("search_images", encoder="embedded").search("a cat").names()[0] == "chelsea.png"
    assert not visitor.wrong


def test_a_neighbour_becomes_the_picture_to_begin_with(visitor: Visitor) -> None:
    page = visitor.go("pixels").page
    page.get_by_role("button", name="Compare", exact=True).click()
    page.get_by_text("Nearest by raw pixels").wait_for(timeout=60_000)
    name = visitor.settle().names()[0]
    page.locator("button.open").first.click()
    page.locator("strong", has_text=name).wait_for()
    assert visitor.settle().link()["picture"]
    visitor.page.set_viewport_size(PHONE)
    assert visitor.fits() and not visitor.wrong
