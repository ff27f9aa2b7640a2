"""The first request of a fresh server is a link to a page. Streamlit then runs the page's file without `app.py`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from serving import free_port, served_anew

from ui.shell.navigation import PAGES

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from browsing import Visitor

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

FIRST = next(iter(PAGES))  # at the bare address
OF_THE_SAMPLE = ["search_images", "explore", "distance"]


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture
def first_visitor(profile: BrowserContext, port: int, home: Path) -> Iterator[Visitor]:
    """Whoever visits a fresh server first."""
    with served_anew(home, port) as address:
        visitor = Visitor(address, profile.new_page())
        yield visitor
        visitor.check()
        visitor.leave()


@pytest.fixture
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Three pages find the sample library there, the others nothing."""
    samples = request.node.callspec.params["name"] in OF_THE_SAMPLE
    return request.getfixturevalue("sample_home") if samples else tmp_path


@pytest.mark.parametrize("name", PAGES)
def test_a_link_into_a_fresh_server_opens_its_page(first_visitor: Visitor, name: str) -> None:
    page = first_visitor.go("" if name == FIRST else name).page
    assert page.locator("h1").all_inner_texts() == [PAGES[name].heading or PAGES[name].title]
    links = page.get_by_test_id("stSidebarNavLink")
    assert links.count() == len(PAGES)
    here = page.locator("[data-testid=stSidebarNavLink][aria-current=page]")
    assert here.get_by_test_id("stMarkdownContainer").inner_text().strip() == PAGES[name].title
    assert page.get_by_role("dialog").count() == 0, "the page was not found"
    assert page.get_by_text("Library", exact=True).count() > 1, "the sidebar is there too"
