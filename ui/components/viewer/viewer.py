"""A large picture: zoom, pan, full screen, and a swipe to the one before or after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from ui.components.gallery.gallery import RETRY
from ui.server.media_url import get_image_urls

_FOLDER = Path(__file__).parent
_COMPONENT = st.components.v2.component(
    "semblance_viewer",
    html="<figure><img alt=''><figcaption></figcaption></figure>",
    css=(_FOLDER / "viewer.css").read_text(),
    js=RETRY + (_FOLDER / "viewer.js").read_text(),
)


@dataclass(frozen=True, slots=True)
class View:
    """A picture of the viewer. data: WebP. alt: what it is, in words. aspect: its width over its height."""

    data: bytes
    alt: str
    aspect: float


def viewer(view: View, *, key: str, on_step: Callable[[int], None]) -> None:
    """Show a picture. on_step: called with -1 or 1 for a swipe, before the page runs again."""

    def swiped() -> None:
        by = st.session_state[key].get("step")
        if by in (-1, 1):
            on_step(by)

    _COMPONENT(key=key, data=_shown(view, key), on_step_change=swiped)


def look_ahead(view: View, *, before: View | None, after: View | None, key: str) -> None:
    """Let the browser have the pictures beside the one that is shown: they appear as soon as one turns to them."""
    beside = {str(by): _shown(other, f"{key} {by}") for by, other in ((-1, before), (1, after)) if other}
    _COMPONENT(key=f"{key} ahead", data={"ahead": {"of": _shown(view, f"{key} 0")["src"], **beside}})


def _shown(view: View, key: str) -> dict[str, str | float | None]:
    (source,) = get_image_urls([view.data], key)
    return {"src": source, "alt": view.alt, "aspect": view.aspect}
