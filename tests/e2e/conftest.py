"""One app, one browser, and a fresh tab for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from serving import served

if TYPE_CHECKING:
    from browsing import Visitor
    from playwright.sync_api import Browser, BrowserContext, Playwright


@pytest.fixture(scope="session")
def site(sample_home: Path) -> Iterator[str]:
    """The address of a running app whose home holds the sample library."""
    with served(sample_home) as address:
        yield address


@pytest.fixture(scope="session")
def empty_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running app whose home is empty."""
    with served(tmp_path_factory.mktemp("empty site")) as address:
        yield address


@pytest.fixture(scope="session")
def _playwright() -> Iterator[Playwright]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    from browsing import BROWSER

    if BROWSER is None:
        pytest.skip("no chromium or google-chrome on this machine")
    with sync_api.sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def chrome(_playwright: Playwright) -> Iterator[Browser]:
    """A browser whose visitors know nothing of one another."""
    from browsing import BROWSER, FLAGS

    browser = _playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def profile(_playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """A browser that keeps what it has compiled of the app's own script: a page takes half the time of a new one.

    Its visitors have asked for less motion: to draw what turns while they wait costs as much as a page.
    """
    from browsing import BROWSER, DESKTOP, FLAGS

    folder = tmp_path_factory.mktemp("profile")
    options = {"executable_path": BROWSER, "args": FLAGS, "viewport": DESKTOP, "reduced_motion": "reduce"}
    context = _playwright.chromium.launch_persistent_context(folder, **options)
    yield context
    context.close()


@pytest.fixture
def visitor(profile: BrowserContext, site: str) -> Iterator[Visitor]:
    """A fresh visitor; at the end of each test nothing may have gone wrong in the tab."""
    yield from _visit(profile, site)


@pytest.fixture(scope="module")
def _lasting(profile: BrowserContext, site: str) -> Iterator[Visitor]:
    from browsing import Visitor

    visitor = Visitor(site, profile.new_page())
    yield visitor
    visitor.leave()


@pytest.fixture
def regular(_lasting: Visitor, request: pytest.FixtureRequest) -> Iterator[Visitor]:
    """One visitor for those tests of a file that begin with a query of their own: to load the app costs as much as
    five queries. A second attempt begins with an empty tab."""
    if getattr(request.node, "execution_count", 1) > 1:
        _lasting.page.goto("about:blank")
    yield _lasting
    _lasting.check()


@pytest.fixture
def newcomer(profile: BrowserContext, empty_site: str) -> Iterator[Visitor]:
    """The same where there is no library yet."""
    yield from _visit(profile, empty_site)


def _visit(profile: BrowserContext, site: str) -> Iterator[Visitor]:
    from browsing import Visitor

    visitor = Visitor(site, profile.new_page())
    yield visitor
    try:
        visitor.check()
    finally:
        visitor.leave()
