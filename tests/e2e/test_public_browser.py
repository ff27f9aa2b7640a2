"""Public mode in a real browser: a library of one's own visit, which nobody else sees; names that are no HTML."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from browsing import DESKTOP, Visitor, drawn, each_page
from PIL import Image
from playwright.sync_api import Browser, BrowserContext
from serving import served

HOSTILE = "<img src=x onerror=alert(1)>.png"
SCRIPT = "<img src=x onerror=alert(2)><script>alert(3)</script>"
LINKS = {
    "search_images": {"q": SCRIPT},
    "classify": {"classes": f"{SCRIPT.replace(';', '')}\nred"},
    "explore": {"texts": SCRIPT, "layout": "PCA"},
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, run_folder: Path) -> Path:
    """A home with one library, of photos whose names and EXIF try to be HTML."""
    from core import SemblanceError, ingest, open_encoder
    from core.library.registry import create_library

    folder = tmp_path_factory.mktemp("secret folder") / "photos"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(6):
        exif = Image.Exif()
        exif[0x010E] = exif[0x013B] = exif[0x010F] = SCRIPT  # description, artist, maker
        pixels = rng.integers(0, 255, (6, 8, 3), np.uint8)
        name = HOSTILE if number == 0 else f"{number} {HOSTILE}"
        Image.fromarray(pixels).resize((320, 240)).save(folder / name, exif=exif)
    (folder / f"broken {HOSTILE}").write_bytes(b"no picture")
    home = tmp_path_factory.mktemp("home")
    (home / "models").symlink_to(run_folder / "models", target_is_directory=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEMBLANCE_HOME", str(home))
        try:
            ingest(create_library("Shared"), open_encoder(), [folder])
        except SemblanceError as error:
            pytest.skip(f"the embedded encoder cannot be had: {error}")
    return home


@pytest.fixture(scope="module")
def public_site(home: Path) -> Iterator[str]:
    """The address of a server in public mode."""
    with served(home, SEMBLANCE_PUBLIC="1", SEMBLANCE_FOLDERS=str(home.parent)) as address:
        yield address


@pytest.fixture
def one(profile: BrowserContext, public_site: str) -> Iterator[Visitor]:
    """A visitor on whose pages nothing may run that came in a name."""
    yield from watched(Visitor(public_site, profile.new_page()))


@pytest.fixture
def other(chrome: Browser, public_site: str) -> Iterator[Visitor]:
    """Another, with a browser that knows nothing of the first."""
    yield from watched(Visitor(public_site, chrome.new_page(viewport=DESKTOP)))


def watched(visitor: Visitor) -> Iterator[Visitor]:
    visitor.page.on("dialog", lambda dialog: (visitor.wrong.append(f"ran: {dialog.message}"), dialog.dismiss()))
    yield visitor
    try:
        assert visitor.wrong == []
        assert visitor.page.get_by_test_id("stException").count() == 0
    finally:
        visitor.leave()


def test_a_visitor_uploads_and_searches_and_nobody_else_sees_it(one: Visitor, other: Visitor, tmp_path: Path) -> None:
    Image.new("RGB", (300, 200), (200, 30, 30)).save(tmp_path / "mine.png")
    one.go("library")
    one.page.get_by_text("This library is shared and read-only. For").wait_for()
    assert one.page.get_by_label("Folder").count() == 0
    one.page.get_by_role("button", name="Start library").click()
    one.page.get_by_text("0 pictures searchable").wait_for()
    one.page.locator("input[type=file]").first.set_input_files(tmp_path / "mine.png")
    one.page.get_by_test_id("stFileChip").wait_for()
    one.page.get_by_role("button", name="Add to library").click()
    one.page.get_by_text("1 added").wait_for(timeout=90_000)
    one.page.get_by_role("link", name="Home").click()
    one.page.wait_for_selector("button.open")
    assert [name.startswith("mine-") for name in one.settle().names()] == [True]
    other.go("search_images", library=":visit")
    other.page.get_by_text("names a library that does not exist here").wait_for()
    assert not any(name.startswith("mine") for name in other.names())
    other.go("library")
    assert "Only for this visit" not in other.page.get_by_test_id("stSidebar").inner_text()


def test_a_link_cannot_have_a_model_fetched(one: Visitor) -> None:
    one.go("search_images", encoder="some/hub")
    one.page.get_by_text("is not available here").wait_for()
    assert one.page.get_by_text("Still in use: Embedded").is_visible()


@pytest.mark.parametrize("path", LINKS)
def test_what_a_link_says_is_text(one: Visitor, home: Path, path: str) -> None:
    check_text(one.go(path, **LINKS[path]), home)


def test_names_and_exif_are_text_and_folders_stay_secret(one: Visitor, home: Path) -> None:
    for _, title in each_page(one.go()):
        one.page.locator("h1", has_text=title).wait_for()
        check_text(one.settle(), home)


def check_text(visitor: Visitor, home: Path) -> None:
    """What stands on the page, and comes by a click on what it offers, is no HTML and tells no folder."""
    for name in ("Lay out the map", "Find duplicates"):
        button = visitor.page.get_by_role("button", name=name, exact=True)
        if button.count():
            button.click()
            button.wait_for(state="detached", timeout=60_000)
    drawn(visitor.settle().page)  # what would run, runs a moment later
    assert visitor.page.locator("img[onerror], img[src='x']").count() == 0
    text = visitor.page.content()
    assert "secret folder" not in text and "secret_folder" not in text and str(home) not in text
