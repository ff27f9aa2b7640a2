"""How tests visit the pages without a browser: a world of their own, and short words for what a visitor does."""

from __future__ import annotations

import functools
import io
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import COLORS, ColorEncoder
from PIL import Image
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

import ui.server.gc
import ui.session.encoders
import ui.session.visit
from core import Encoder, Library, ingest
from core.encoders import open_encoder as open_installed
from core.errors import EncoderError
from core.library.registry import create_library
from core.policy import get_policy, set_rules
from ui.server.state import forget_all

APP = str(Path(__file__).parents[2] / "app.py")
HOME, LIBRARY, SEARCH = "pages/home.py", "pages/library.py", "pages/search_images.py"
VIDEO = "pages/search_video.py"
# Each visit of AppTest asks anew which installed packages bring components, and reads the metadata of all of them.
manifest_scanner.scan_component_manifests = functools.cache(manifest_scanner.scan_component_manifests)


def enter_world(monkeypatch: pytest.MonkeyPatch, home: Path, encoder: ColorEncoder) -> None:
    """A home of its own, and the colour encoder wherever one is opened; "other" is a second, all else is not there."""
    monkeypatch.setenv("SEMBLANCE_HOME", str(home))
    monkeypatch.setenv("SEMBLANCE_FOLDERS", str(home.parent))  # counts where a test opens the doors
    other = ColorEncoder("colour-2")
    other.name = "other"

    def open_encoder(name: str, **_: Any) -> Encoder:
        if name in ("embedded", "colour", "other"):
            return other if name == "other" else encoder
        if name.startswith("imported:"):
            return open_installed(name)
        raise EncoderError(f"There is no model {name}: check its name.")

    # a process apart imports for seconds what is here already: tests/core/isolation and browser tests start some
    for call in (
        "core.explore.atlas.run_isolated",
        "core.explore.projection.run_isolated",
        "core.learn.isolated.stream_isolated",
    ):
        monkeypatch.setattr(call, called_here)
    monkeypatch.setattr(ui.session.encoders, "open_encoder", open_encoder)
    for module in (ui.server.gc, ui.session.visit):  # AppTest leaves a server behind, and its threads would never end
        monkeypatch.setattr(module, "server_runs", lambda: False)
    set_rules(get_policy)  # as the app does when it is loaded; tests of core set others
    forget_all()


def called_here(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """As `core.isolation.calls.run_isolated` and `stream`, in this process."""
    return function(*args, **kwargs)


def library_of_shades(folder: Path) -> Library:
    """A library of folders red, green and blue, of five noisy shades each, under both encoders of the `world`."""
    rng = np.random.default_rng(0)
    for name in ("red", "green", "blue"):
        (folder / "shades" / name).mkdir(parents=True)
        for number in range(5):
            shade = np.clip(np.array(COLORS[name]) + rng.integers(-25, 25, (40, 40, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(shade).save(folder / "shades" / name / f"{name}{number}.png")
    library = create_library("Shades")
    for encoder in ("colour", "other"):
        ingest(library, ui.session.encoders.open_encoder(encoder), [folder / "shades"])
    return library


def visit(page: str = HOME, **link: str) -> AppTest:
    """Opens a page as a link with these parameters does."""
    at = AppTest.from_file(APP, default_timeout=30)
    at.query_params.update(link)
    if page != HOME:
        at._page_hash = calc_hash(Path(page).stem)  # `switch_page` would draw the home page first
    return at.run()


def find(at: AppTest, query: str) -> AppTest:
    return at.text_input("q").set_value(query).run()


def said(at: AppTest) -> str:
    """All that is written on the page and in the sidebar."""
    assert not at.exception
    kinds = (at.title, at.subheader, at.markdown, at.caption, at.info, at.warning, at.error, at.success, at.code)
    return "\n".join(str(element.value) for kind in kinds for element in kind).replace("\\", "")


def cards(at: AppTest, gallery: int = 0) -> list[str]:
    """The names of the pictures in a gallery."""
    return [card["name"] for card in component(at, "cards")[gallery]["cards"]]


def component(at: AppTest, holding: str) -> list[dict[str, Any]]:
    """What the components that are told something of this name are told, in their order."""
    predictions = [json.loads(element.proto.json) for element in at.get("bidi_component")]
    return [entry for entry in predictions if holding in entry]


def press(at: AppTest, label: str) -> AppTest:
    return next(button for button in at.button if button.label == label).click().run()


def labels(at: AppTest) -> list[str]:
    return [button.label for button in at.button]


def settled(at: AppTest) -> AppTest:
    """Waits until no job runs any more."""
    deadline = time.monotonic() + 90
    while at.progress:
        assert time.monotonic() < deadline, "the job does not end"
        time.sleep(0.05)
        at.run()
    return at.run()


def item_id(library: Library, name: str) -> str:
    return next(row["id"] for row in library.items().to_pylist() if Path(row["path"]).name == name)


def picture(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (70, 50), COLORS[colour]).save(buffer, "PNG")
    return buffer.getvalue()
