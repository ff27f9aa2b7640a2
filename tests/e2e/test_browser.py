"""The app in a real browser, with the real embedded encoder, on the sample library."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
if BROWSER is None:
    pytest.skip("no chromium or google-chrome on this machine", allow_module_level=True)

ROOT = Path(__file__).parents[2]
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running app whose home holds the sample library."""
    from core import SemblanceError, open_encoder
    from core.library.sample import build_sample

    home = tmp_path_factory.mktemp("site")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEMBLANCE_HOME", str(home))
        try:
            build_sample(open_encoder())
        except SemblanceError as error:
            pytest.skip(f"the embedded encoder or the sample photos cannot be had: {error}")
        with socket.socket() as free:
            free.bind(("localhost", 0))
            port = free.getsockname()[1]
        options = ["--server.headless", "true", "--server.port", str(port)]
        command = [sys.executable, "-m", "streamlit", "run", "app.py", *options]
        server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(f"http://localhost:{port}/_stcore/health", server)
        yield f"http://localhost:{port}"
    finally:
        server.terminate()
        server.wait(10)


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(150):
        assert server.poll() is None, "the server ended"
        try:
            urllib.request.urlopen(address, timeout=2)
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    pytest.fail("the server does not answer")


@dataclass
class Visitor:
    """A browser tab, with everything that went wrong in it."""

    site: str
    page: playwright.Page
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        host = urlsplit(self.site).netloc
        self.page.set_default_timeout(20_000)
        self.page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))
        self.page.on("console", self._heard)
        self.page.on("request", lambda request: self._left(request.url, host))

    def _heard(self, message: playwright.ConsoleMessage) -> None:
        # under a page's path Streamlit's own script asks there first for the server's health, and then at the root
        if message.type == "error" and "404" not in message.text:
            self.wrong.append(f"console: {message.text}")

    def _left(self, address: str, host: str) -> None:
        parts = urlsplit(address)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != host:
            self.wrong.append(f"asked another host: {address}")

    def go(self, path: str = "", **link: str) -> Visitor:
        self.page.goto(f"{self.site}/{path}" + (f"?{urlencode(link)}" if link else ""))
        return self.settle()

    def settle(self) -> Visitor:
        """Waits until the page's script has ended."""
        self.page.wait_for_selector("h1")
        self.page.wait_for_function(
            "document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'"
        )
        return self

    def search(self, query: str, *, told: str = "") -> Visitor:
        """Types a query and waits for its answer, whose heading holds `told`, or else the query."""
        self.page.get_by_role("searchbox").fill(query)
        self.page.keyboard.press("Enter")
        return self.answer(told or f"“{query}”")

    def answer(self, told: str) -> Visitor:
        """Waits for a heading of the results that holds these words."""
        self.page.wait_for_function("told => document.querySelector('h4')?.textContent.includes(told)", arg=told)
        return self.settle()

    def names(self) -> list[str]:
        """The pictures of the grids, in their order."""
        self.page.locator("button.open").first.wait_for()
        names: list[str] | None = None
        while names != (names := self._names()):  # the grid is drawn a moment after the script has ended
            self.page.wait_for_timeout(150)
        return names

    def _names(self) -> list[str]:
        return self.page.locator("button.open img").evaluate_all("all => all.map(image => image.alt)")

    def fits(self) -> bool:
        """Whether nothing stands out to the right."""
        return self.page.evaluate(
            """[document.documentElement, document.querySelector('[data-testid=stMain]')]
            .every(each => each.scrollWidth <= each.clientWidth)"""
        )


@pytest.fixture(scope="module")
def chrome() -> Iterator[playwright.Browser]:
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visitor(site: str, chrome: playwright.Browser) -> Iterator[Visitor]:
    """A fresh visitor; at the end of each test nothing may have gone wrong in the tab."""
    context = chrome.new_context(viewport={"width": 1280, "height": 900})
    visitor = Visitor(site, context.new_page())
    yield visitor
    assert visitor.wrong == []
    assert visitor.page.get_by_test_id("stException").count() == 0
    assert visitor.page.get_by_text("Something went wrong").count() == 0
    context.close()


def test_a_link_into_a_new_server_opens_its_page(visitor: Visitor) -> None:
    visitor.go("search_images", q="a cat", beyond="true")
    assert visitor.page.get_by_role("heading", name="Search images").is_visible()
    assert visitor.names()[0] == "chelsea.png"


def test_a_cat_is_found_from_the_home_page(visitor: Visitor) -> None:
    visitor.go()
    visitor.page.get_by_role("button", name="a cat", exact=True).click()
    assert visitor.answer("“a cat”").names()[0] == "chelsea.png"
    assert "1 likely match for “a cat”" in visitor.page.locator("h4").inner_text()
    assert parse_qs(urlsplit(visitor.page.url).query)["q"] == ["a cat"]  # the link can be given on


def test_words_find_what_they_mean(visitor: Visitor) -> None:
    visitor.go("search_images", beyond="true")
    for query, name in (
        ("a cup of coffee", "coffee.png"),
        ("a rocket launch", "rocket.jpg"),
        ("a motorbike", "motorcycle.png"),
    ):
        assert visitor.search(query).names()[0] == name


def test_the_link_opens_the_same_in_another_tab(visitor: Visitor, chrome: playwright.Browser) -> None:
    visitor.go("search_images", beyond="true").search("a flower - a cat", told="“a flower”, without “a cat”")
    parameters = parse_qs(urlsplit(visitor.page.url).query)
    assert parameters["q"] == ["a flower - a cat"] and parameters["library"] == ["Sample photos"]
    other = Visitor(visitor.site, chrome.new_page())
    other.page.goto(visitor.page.url)
    other.page.wait_for_selector("button.open")
    assert other.settle().names() == visitor.names()
    other.page.close()


def test_details_by_keyboard_and_more_like_this(visitor: Visitor) -> None:
    visitor.go("search_images", beyond="true").search("a person in a suit")
    first = visitor.names()[0]
    visitor.page.locator("button.open").first.focus()
    visitor.page.keyboard.press("Enter")
    dialog = visitor.page.get_by_role("dialog")
    dialog.get_by_text("cosine").wait_for()
    assert first in dialog.locator("code").first.inner_text()
    dialog.get_by_role("button", name="More like this").click()
    visitor.answer("the picture")
    assert dialog.count() == 0 and first not in visitor.names()
    assert re.search(r"q=item%3A[0-9a-f]+", visitor.page.url)


def test_more_like_this_below_a_picture(visitor: Visitor) -> None:
    visitor.go("search_images", beyond="true").search("a cat")
    visitor.page.get_by_role("button", name="More like chelsea.png").click()
    assert "chelsea.png" not in visitor.answer("the picture chelsea.png").names()


def test_a_picture_of_ones_own_is_a_query(visitor: Visitor) -> None:
    import skimage

    visitor.go("search_images", beyond="true")
    visitor.page.get_by_role("button", name="Add a picture").click()
    file = Path(skimage.__file__).parent / "data" / "chelsea.png"
    visitor.page.locator("input[type=file]").set_input_files(file)
    assert visitor.answer("your picture").names()[0] == "chelsea.png"


def test_ticked_pictures_are_taken_away_as_zip(visitor: Visitor, tmp_path: Path) -> None:
    import zipfile

    visitor.go("search_images", beyond="true").search("a cat")
    for name in visitor.names()[:2]:
        visitor.page.get_by_role("checkbox", name=f"Select {name}").check()
    visitor.page.get_by_text("2 selected").wait_for()
    visitor.settle()
    with visitor.page.expect_download() as download:
        visitor.page.get_by_role("button", name="Photos (zip)").click()
    download.value.save_as(tmp_path / "photos.zip")
    with zipfile.ZipFile(tmp_path / "photos.zip") as archive:
        assert archive.namelist()[0] == "0001 chelsea.png" and archive.namelist()[-1] == "hits.csv"


@pytest.mark.parametrize("path", ["", "library", "search_images"])
def test_every_page_fits_a_phone(visitor: Visitor, path: str) -> None:
    visitor.page.set_viewport_size(PHONE)
    visitor.go(path, q="2:a cat + coffee - a person", beyond="true")
    if path == "search_images":
        visitor.page.wait_for_selector("button.open")
        columns = visitor.page.locator("button.open").evaluate_all(
            "all => new Set(all.map(b => b.getBoundingClientRect().left)).size"
        )
        assert columns == 2
    assert visitor.fits()


def test_uploads_are_indexed_while_one_looks(visitor: Visitor, tmp_path: Path) -> None:
    from PIL import Image

    visitor.go("library")
    visitor.page.get_by_text("Other libraries").click()
    visitor.page.get_by_role("button", name="Start one").click()
    visitor.page.get_by_text("0 pictures searchable").wait_for()
    name = "<img src=x onerror=document.title='owned'>.png"
    Image.new("RGB", (300, 200), (200, 30, 30)).save(tmp_path / "plain.png")
    visitor.page.get_by_role("tab", name="Upload").click()
    data = (tmp_path / "plain.png").read_bytes()
    visitor.page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "image/png", "buffer": data})
    visitor.page.get_by_test_id("stFileChip").wait_for()
    visitor.page.get_by_role("button", name="Add them").click()
    visitor.page.get_by_text("1 added").wait_for()
    visitor.page.get_by_role("link", name="Search images").click()
    visitor.page.wait_for_selector("button.open")
    assert visitor.settle().page.title() == "Semblance" and len(visitor.names()) == 1
