"""What the tests share: a home of their own, generated photos, a library of them under the colour encoder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes import COLORS, ColorEncoder
from filelock import FileLock
from PIL import Image
from wheels import Installed, install_wheel

from core import SemblanceError, open_encoder
from core.library import Library, ingest
from core.library.registry import create_library
from core.library.samples.library import build_sample

_TESTS = Path(__file__).parent
_FIRST = ("e2e", "reliability", "ui", "project")  # folders of the files that take longest: short ones end a run evenly
_OWN_SERVERS = ("test_deep_links", "test_page_plugin", "test_public_browser", "test_wheel_browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files come first. A browser test that waited in vain may try once more: on a busy machine a click can meet a
    page that is just drawn anew. The summary tells of it; an assertion that fails is final."""
    for item in items:
        if _folder(item) == "e2e":
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.flaky(reruns=1, only_rerun=["TimeoutError"]))
    order = {folder: number for number, folder in enumerate(_FIRST)}
    items.sort(key=lambda item: order.get(_folder(item), len(order)))


def _folder(item: pytest.Item) -> str:
    """The folder of `tests` that a test lies in."""
    return item.path.relative_to(_TESTS).parts[0]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Why a test needed a second attempt: a failure to look into, as it may be the app."""
    for report in terminalreporter.stats.get("rerun", ()):
        terminalreporter.section(f"took a second attempt: {report.nodeid}")
        terminalreporter.write_line(report.longreprtext)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """The tests of a file stay together, and so do the browser tests that share an app and a browser. Those that start
    servers of their own go by file, so that another worker takes them meanwhile."""
    from xdist.scheduler import LoadFileScheduling

    class Together(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            shares = "/e2e/" in nodeid and not any(name in nodeid for name in _OWN_SERVERS)
            return "browser" if shares else super()._split_scope(nodeid)

    return Together(config, log)


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of a run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session", autouse=True)
def _no_hub(tmp_path_factory: pytest.TempPathFactory, run_folder: Path) -> None:
    """No test may reach a hub or a user's own data; models are prepared once for the whole run."""
    patch, home = pytest.MonkeyPatch(), tmp_path_factory.mktemp("home")
    share_models(run_folder, home)
    patch.setenv("HF_HUB_OFFLINE", "1")
    patch.setenv("HF_HOME", str(tmp_path_factory.mktemp("hf")))
    patch.setenv("SEMBLANCE_HOME", str(home))


@pytest.fixture(autouse=True)
def _environment_ends_with_its_test() -> Iterator[None]:
    """What a test, or the entry that it runs, sets in the environment is no setting of the next test."""
    before = dict(os.environ)
    yield
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ.update(before)


def share_models(run_folder: Path, home: Path) -> None:
    """A home uses the models that the run has prepared."""
    (run_folder / "models").mkdir(exist_ok=True)
    (home / "models").symlink_to(run_folder / "models", target_is_directory=True)


@pytest.fixture(scope="session")
def sample_home(run_folder: Path) -> Path:
    """A home that holds the sample library under the embedded encoder, built once for the whole run. Tests leave what
    is in that library as it is."""
    home = run_folder / "sample home"
    with FileLock(run_folder / "sample.lock"), pytest.MonkeyPatch.context() as patch:
        if not (home / "whole").exists():
            home.mkdir(exist_ok=True)
            if not (home / "models").exists():
                share_models(run_folder, home)
            patch.setenv("SEMBLANCE_HOME", str(home))
            try:
                build_sample(open_encoder())
            except SemblanceError as error:
                pytest.skip(f"the embedded encoder or the sample photos cannot be had: {error}")
            (home / "whole").touch()
    return home


@pytest.fixture
def encoder() -> ColorEncoder:
    return ColorEncoder()


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with a picture of each colour, `red.png` and so on, half of them in a sub-folder."""
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    for number, (name, color) in enumerate(COLORS.items()):
        place = folder / "more" if number % 2 else folder
        Image.new("RGB", (80 + number, 60), color).save(place / f"{name}.png")
    return folder


@pytest.fixture
def library(tmp_path: Path, photos: Path, encoder: ColorEncoder) -> Library:
    """A library of the `photos`."""
    library = Library(tmp_path / "library", create=True)
    ingest(library, encoder, [photos])
    return library


@pytest.fixture
def colours(photos: Path, encoder: ColorEncoder) -> Library:
    """A library of the `photos` called Colours, in the home folder: for tests that visit pages or name libraries."""
    library = create_library("Colours")
    ingest(library, encoder, [photos])
    encoder.images_seen = 0
    return library


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, encoder: ColorEncoder) -> None:
    """The pages meet a home of their own and the colour encoder, as `visiting.enter_world` says."""
    from visiting import enter_world  # here: it takes seconds to import what the app is made of

    enter_world(monkeypatch, tmp_path / "home", encoder)


@pytest.fixture(scope="session")
def installed(run_folder: Path) -> Installed:
    """The wheel of this checkout in an environment of its own, installed once for the whole run."""
    pytest.importorskip("hatchling", reason="the wheel is built by hatchling: pip install -r requirements-dev.txt")
    with FileLock(run_folder / "wheel.lock"):
        return install_wheel(run_folder / "wheel")
