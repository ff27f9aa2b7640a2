"""One app, one browser, and a fresh visitor for each test."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from browsing import Visitor
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
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
    with _served(home) as address:
        yield address


@pytest.fixture(scope="session")
def empty_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running app whose home is empty."""
    with _served(tmp_path_factory.mktemp("empty site")) as address:
        yield address


@contextmanager
def _served(home: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    options = ["--server.headless", "true", "--server.port", str(port)]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", *options]
    environment = {**os.environ, "SEMBLANCE_HOME": str(home)}
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
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


@pytest.fixture(scope="session")
def chrome() -> Iterator[Browser]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    from browsing import BROWSER, FLAGS

    if BROWSER is None:
        pytest.skip("no chromium or google-chrome on this machine")
    with sync_api.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visitor(chrome: Browser, site: str) -> Iterator[Visitor]:
    """A fresh visitor; at the end of each test nothing may have gone wrong in the tab."""
    yield from _visit(chrome, site)


@pytest.fixture
def newcomer(chrome: Browser, empty_site: str) -> Iterator[Visitor]:
    """The same where there is no library yet."""
    yield from _visit(chrome, empty_site)


def _visit(chrome: Browser, site: str) -> Iterator[Visitor]:
    from browsing import DESKTOP, Visitor

    context = chrome.new_context(viewport=DESKTOP)
    visitor = Visitor(site, context.new_page())
    yield visitor
    assert visitor.wrong == []
    assert visitor.page.get_by_test_id("stException").count() == 0
    assert visitor.page.get_by_text("Something went wrong").count() == 0
    context.close()
