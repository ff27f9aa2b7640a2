"""A page that another package adds by its entry point stands in the navigation and opens by its address."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from serving import served

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from browsing import Visitor

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

MODULE = """
import streamlit as st
from ui.shell.navigation import PageInfo

def draw():
    st.write("Sorted by hue.")

page = PageInfo("hues", "Hues", ":material/palette:", "Sort", "The library by color.", draw=draw)
lesson = PageInfo("tints", "Tints", ":material/palette:", "", "A lesson.", draw=draw, under="lessons")
broken = PageInfo("nothing", "Nothing", ":material/palette:", "Sort", "It draws nothing.")
"""


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """A folder with an installed package of two pages, one of which cannot be drawn."""
    (tmp_path / "hue_pages.py").write_text(MODULE)
    metadata = tmp_path / "hue_pages-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: hue-pages\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(
        "[semblance.pages]\nhues = hue_pages:page\ntints = hue_pages:lesson\n"
        "nothing = hue_pages:broken\ngone = no_such_module:page\n"
    )
    return tmp_path


def test_a_page_of_another_package_opens(profile: BrowserContext, plugin: Path, tmp_path: Path) -> None:
    with served(tmp_path / "home", PYTHONPATH=str(plugin)) as address:
        visitor = Visitor(address, profile.new_page())
        visitor.go("")  # Streamlit knows pages without a file from the first visit on
        page = visitor.go("hues").page
        assert page.locator("h1").all_inner_texts() == ["Hues"]
        assert page.get_by_text("Sorted by hue.").is_visible()
        names = page.get_by_test_id("stSidebarNavLink").all_inner_texts()
        assert any("Hues" in name for name in names) and not any("Nothing" in name for name in names)
        page = visitor.go("lessons").page
        page.get_by_role("link", name="Tints").click()
        page.get_by_role("heading", name="Tints").wait_for()
        visitor.check()
        visitor.leave()
