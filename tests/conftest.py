"""What the tests share: a home of their own, generated photos, a library of them under the colour encoder."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import COLOURS, ColourEncoder
from PIL import Image

from core.library import Library, ingest
from core.library.registry import create_library


@pytest.fixture(scope="session", autouse=True)
def _no_hub(tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test may reach a hub or a user's own data; models are prepared once for the whole run."""
    patch = pytest.MonkeyPatch()
    patch.setenv("HF_HUB_OFFLINE", "1")
    patch.setenv("HF_HOME", str(tmp_path_factory.mktemp("hf")))
    patch.setenv("SEMBLANCE_HOME", str(tmp_path_factory.mktemp("home")))


@pytest.fixture
def encoder() -> ColourEncoder:
    return ColourEncoder()


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with a picture of each colour, `red.png` and so on, half of them in a sub-folder."""
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    for number, (name, colour) in enumerate(COLOURS.items()):
        place = folder / "more" if number % 2 else folder
        Image.new("RGB", (80 + number, 60), colour).save(place / f"{name}.png")
    return folder


@pytest.fixture
def library(tmp_path: Path, photos: Path, encoder: ColourEncoder) -> Library:
    """A library of the `photos`."""
    library = Library(tmp_path / "library", create=True)
    ingest(library, encoder, [photos])
    return library


@pytest.fixture
def colours(photos: Path, encoder: ColourEncoder) -> Library:
    """A library of the `photos` called Colours, in the home folder: for tests that visit pages or name libraries."""
    library = create_library("Colours")
    ingest(library, encoder, [photos])
    encoder.images_seen = 0
    return library
