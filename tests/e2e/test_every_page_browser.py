"""Every page of the navigation, whichever there are, with the sample library and with none, at both widths."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")

from axe_playwright_python.sync_playwright import Axe
from browsing import DESKTOP, PHONE, Visitor, drawn, each_page, soon
from playwright.sync_api import Page

# list, listitem; color-contrast of what is switched off
OF_STREAMLIT = (
    "[data-testid=stSidebarNav]",
    "[data-testid=stSlider]",
    "[data-testid=stSidebar] [data-testid=stSelectbox]",
)
_FIRST_WORDS = """
[...document.querySelectorAll('[data-testid=stMain] [data-testid=stMarkdown]')].map(each => each.innerText)[0] ?? ''
"""


@pytest.mark.parametrize("home", ["visitor", "newcomer"])
def test_every_page_stands(home: str, request: pytest.FixtureRequest) -> None:
    visitor: Visitor = request.getfixturevalue(home)
    looked_at, wrong = [], []
    for name, title in each_page(visitor.go()):
        looked_at.append(name)
        wrong += [f"{name}: {fault}" for fault in faults(visitor, title)]
    assert wrong == []
    assert len(looked_at) >= 14


def faults(visitor: Visitor, title: str) -> list[str]:
    """What is wrong with the page that is open; its title begins with `title`."""
    page, found = visitor.page, []
    heading, apology = page.locator("h1"), page.get_by_text("Something went wrong")
    if not soon(page, lambda: heading.count() == 1 and heading.inner_text().startswith(title)):
        found.append(f"its titles are {heading.all_inner_texts()}")
    visitor.settle()  # only now: until its script begins, the page before it stands, and has settled
    if not soon(page, lambda: len(re.findall(r"[.!?](?:\s|$)", page.evaluate(_FIRST_WORDS))) >= 1):
        found.append(f"no sentence below the title, but {page.evaluate(_FIRST_WORDS)!r}")
    if page.get_by_test_id("stException").count() or apology.count():
        found.append("it failed")
    for width, size in (("phone", PHONE), ("desktop", DESKTOP)):
        page.set_viewport_size(size)
        drawn(page)
        if not soon(page, visitor.fits):
            found.append(f"it scrolls sideways at the width of a {width}")
    found += hindrances(page)
    found += visitor.wrong
    visitor.wrong.clear()
    return found


def hindrances(page: Page) -> list[str]:
    """What axe-core calls serious or critical, but for Streamlit's own elements, which docs/limits.md lists."""
    results = Axe().run(page, context={"exclude": [[element] for element in OF_STREAMLIT]}).response["violations"]
    return [
        f"{fault['id']}: {node['html'][:120]}"
        for fault in results
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]
