"""Public mode in a real browser: a library of one's own visit, which nobody else sees; names that are no HTML."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from browsing import Visitor
from PIL import Image
from playwright.sync_api import Browser

ROOT = Path(__file__).parents[2]
HOSTILE = "<img src=x onerror=alert(1)>.png"
SCRIPT = "<img src=x onerror=alert(2)><script>alert(3)</script>"
PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))
LINKS = {
    "search_images": {"q": SCRIPT, "beyond": "true"},
    "classify": {"classes": f"{SCRIPT.replace(';', '')}\nred"},
    "explore": {"texts": SCRIPT, "layout": "PCA"},
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
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
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    environment = {**os.environ, "SEMBLANCE_HOME": str(home), "SEMBLANCE_PUBLIC": "1"}
    server = subprocess.Popen(
        [*command, "--server.port", str(port)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(150):
            assert server.poll() is None, "the server ended"
            try:
                urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=2)
                break
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        yield f"http://localhost:{port}"
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture
def visitors(chrome: Browser, public_site: str) -> Iterator[list[Visitor]]:
    """Two browsers that know nothing of each other."""
    contexts = [chrome.new_context(viewport={"width": 1280, "height": 900}) for _ in range(2)]
    visitors = [Visitor(public_site, context.new_page()) for context in contexts]
    for each in visitors:
        each.page.on(
            "dialog", lambda dialog, each=each: (each.wrong.append(f"ran: {dialog.message}"), dialog.dismiss())
        )
    yield visitors
    for each, context in zip(visitors, contexts, strict=True):
        assert each.wrong == []
        assert each.page.get_by_test_id("stException").count() == 0
        context.close()


def test_a_visitor_uploads_and_searches_and_nobody_else_sees_it(visitors: list[Visitor], tmp_path: Path) -> None:
    one, other = visitors
    Image.new("RGB", (300, 200), (200, 30, 30)).save(tmp_path / "mine.png")
    one.go("library")
    one.page.get_by_text("This library is shared: look around in it").wait_for()
    assert one.page.get_by_label("Folder").count() == 0
    one.page.get_by_role("button", name="Start one").click()
    one.page.get_by_text("0 pictures searchable").wait_for()
    one.page.locator("input[type=file]").first.set_input_files(tmp_path / "mine.png")
    one.page.get_by_test_id("stFileChip").wait_for()
    one.page.get_by_role("button", name="Add them").click()
    one.page.get_by_text("1 added").wait_for(timeout=90_000)
    one.page.get_by_role("link", name="Search images").click()
    one.page.wait_for_selector("button.open")
    assert [name.startswith("mine-") for name in one.settle().names()] == [True]
    other.go("search_images", library=":visit")
    other.page.get_by_text("names a library that is not here").wait_for()
    assert not any(name.startswith("mine") for name in other.names())
    other.go("library")
    assert "Only for this visit" not in other.page.get_by_test_id("stSidebar").inner_text()


def test_a_link_cannot_have_a_model_fetched(visitors: list[Visitor]) -> None:
    one, _ = visitors
    one.go("search_images", encoder="some/hub")
    one.page.get_by_text("is not offered here").wait_for()
    assert one.page.get_by_text("Still in use: Embedded").is_visible()


@pytest.mark.parametrize("path", PAGES)
def test_names_and_exif_are_text_and_folders_stay_secret(visitors: list[Visitor], home: Path, path: str) -> None:
    one, _ = visitors
    one.go("" if path == "home" else path, **LINKS.get(path, {}))
    for name in ("Lay out the map", "Find duplicates"):
        button = one.page.get_by_role("button", name=name, exact=True)
        if button.count():
            button.click()
            button.wait_for(state="detached", timeout=60_000)
    one.settle()
    one.page.wait_for_timeout(300)  # what would run, runs a moment later
    assert one.page.locator("img[onerror], img[src='x']").count() == 0
    text = one.page.content()
    assert "secret folder" not in text and "secret_folder" not in text and str(home) not in text
