"""The map: a component that draws tens of thousands of points, pans, zooms, selects, and shows pictures."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.explore.colors import Coloring
from ui.components.values import as_list, as_points
from ui.errors import boundary
from ui.server.media_url import get_media_url

_FOLDER = Path(__file__).parent
_SCRIPTS = ("map_space.js", "map_paint.js", "map_words.js", "map_hand.js", "map_view.js")
_MOST_ENTRIES = 14  # of the legend
_MOST_SEEN = 24  # pictures per request of the browser
_BUTTONS = """<section><div class='bar'>
<div class='group' role='group' aria-label='Drag mode'>
<button type='button' data-mode='move' aria-pressed='true'>Move</button>
<button type='button' data-mode='lasso' aria-pressed='false'>Lasso</button>
<button type='button' data-mode='box' aria-pressed='false'>Box</button></div>
<div class='group' role='group' aria-label='View'>
<button type='button' data-act='nearer' aria-label='Zoom in'>+</button>
<button type='button' data-act='farther' aria-label='Zoom out'>−</button>
<button type='button' data-act='whole'>Whole map</button></div>
<div class='group' role='group' aria-label='Selection'>
<button type='button' data-act='sight'>Select visible</button>
<button type='button' data-act='clear' disabled>Clear</button></div></div>
<div class='frame' data-mode='move'><canvas class='points'></canvas>
<canvas class='over' tabindex='0' role='img'></canvas>
<div class='tip' hidden><img alt=''><div class='name'></div><div class='about'></div></div>
<div class='note'></div></div>
<ul class='legend'></ul></section>"""
_COMPONENT = st.components.v2.component(
    "semblance_map",
    html=_BUTTONS,
    css=(_FOLDER / "map_view.css").read_text(),
    js="\n".join((_FOLDER / name).read_text() for name in _SCRIPTS),
)


@dataclass(frozen=True, slots=True)
class PointName:
    """A name on the map: of a cluster, or of a text (text_number). A click selects the cluster, or what is near."""

    text: str
    place: tuple[float, float]
    cluster: int | None = None
    text_number: int | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What shows of a point: its picture as a data URI (None: it has none), what it is called, and more about it."""

    src: str | None
    name: str
    about: str = ""


@dataclass(frozen=True, eq=False)
class MapData:
    """The content of a map. places: (n, 2). lit, chosen: (n,) the highlighted and the selected points, or None.

    names: of two that would overlap, the first is drawn. about: description for screen readers.
    """

    places: NDArray[np.float32]
    colouring: Coloring
    names: Sequence[PointName] = ()
    lit: NDArray[np.bool_] | None = None
    chosen: NDArray[np.bool_] | None = None
    about: str = ""


@dataclass(frozen=True, slots=True)
class Listeners:
    """Callbacks of a map. see: returns what to show of some points. open: a point was clicked. cluster: a cluster was
    clicked. line: a line was drawn, given by its corners in the units of the places; empty to clear the selection.
    text: the name of a text was clicked."""

    see: Callable[[list[int]], dict[int, Seen]]
    open: Callable[[int], None]
    cluster: Callable[[int], None]
    line: Callable[[list[list[float]]], None]
    text: Callable[[int], None] = lambda number: None


@st.fragment
def points_map(shown: MapData, on: Listeners, *, key: str) -> None:
    """Draw the map. A request for pictures reruns this fragment only; any other action reruns the page."""
    with boundary():
        heard = _Heard(shown, on, key)
        _COMPONENT(
            key=key,
            data=heard.answer(),
            on_peek_change=lambda: None,
            on_open_change=heard.opened,
            on_choose_change=heard.chose,
            height="stretch",
        )
        if st.session_state.pop(f"{key} told", False):
            st.rerun()


class _Heard:
    """Messages of the browser about a map, accepted only if they are about the current map."""

    def __init__(self, shown: MapData, on: Listeners, key: str) -> None:
        self._shown, self._on, self._key = shown, on, key
        self._unit = _Unit.of(shown.places)
        self._layout = hashlib.blake2b(shown.places.tobytes(), digest_size=8).hexdigest()

    def answer(self) -> dict[str, Any]:
        """The data of the component: the map, the last action received, and the requested pictures."""
        request = [entry for entry in as_list(self._said("peek").get("numbers")) if self._is_point(entry)][:_MOST_SEEN]
        seen = self._on.see(request) if request else {}
        return _data(self._shown, self._unit, self._key) | {
            "layout": self._layout,
            "turn": st.session_state.get(f"{self._key} turn"),
            "pictures": {str(number): asdict(entry) for number, entry in seen.items()},
        }

    def opened(self) -> None:
        """A point was clicked."""
        number = self._acted("open").get("number")
        if isinstance(number, int) and self._is_point(number):
            self._on.open(number)

    def chose(self) -> None:
        """A cluster was clicked, a line drawn, or the selection cleared."""
        value = self._acted("choose")
        if isinstance(value.get("cluster"), int):
            self._on.cluster(value["cluster"])
        elif isinstance(value.get("text"), int):
            self._on.text(value["text"])
        elif isinstance(value.get("line"), list):  # an empty one clears the selection
            self._on.line(self._unit.back(as_points(value["line"])))

    def _acted(self, name: str) -> dict[str, Any]:
        value = self._said(name)
        st.session_state[f"{self._key} told"] = True
        st.session_state[f"{self._key} turn"] = value.get("turn")
        return value

    def _said(self, name: str) -> dict[str, Any]:
        value = (st.session_state.get(self._key) or {}).get(name)
        return value if isinstance(value, dict) and value.get("layout") == self._layout else {}

    def _is_point(self, value: object) -> bool:
        return isinstance(value, int) and 0 <= value < len(self._shown.places)


@dataclass(frozen=True, slots=True)
class _Unit:
    """Converts places to the unit square of the browser and back, without distortion. There y points down."""

    low: NDArray[np.float32]
    high: NDArray[np.float32]

    @classmethod
    def of(cls, places: NDArray[np.float32]) -> _Unit:
        return cls(places.min(axis=0), places.max(axis=0))

    @property
    def side(self) -> float:
        return max(float((self.high - self.low).max()), 1e-6)

    @property
    def far(self) -> list[float]:
        """The extent of the places along both axes, at least a little."""
        return np.maximum((self.high - self.low) / self.side, 0.05).tolist()

    def to(self, places: NDArray[np.float32]) -> NDArray[np.float32]:
        moved = (places - self.low) / self.side
        moved[:, 1] = (self.high[1] - places[:, 1]) / self.side
        return np.ascontiguousarray(moved, np.float32)

    def back(self, line: list[Any]) -> list[list[float]]:
        return [
            [float(x) * self.side + float(self.low[0]), float(self.high[1]) - float(y) * self.side] for x, y in line
        ]


def _data(shown: MapData, unit: _Unit, key: str) -> dict[str, Any]:
    points = unit.to(shown.places).tobytes() + shown.colouring.rgb.tobytes()
    spots = unit.to(np.array([name.place for name in shown.names], np.float32).reshape(-1, 2)).tolist()
    ramp, groups = shown.colouring.ramp, shown.colouring.groups
    legend = [
        {"name": group.name, "colour": group.color, "count": f"{group.count:,}"} for group in groups[:_MOST_ENTRIES]
    ]
    if len(groups) > _MOST_ENTRIES:
        legend.append({"name": f"and {len(groups) - _MOST_ENTRIES:,} more", "colour": "transparent", "count": ""})
    return {
        "source": get_media_url(points, "application/octet-stream", key),
        "far": unit.far,
        "names": [
            {
                "text": name.text,
                "x": x,
                "y": y,
                "cluster": name.cluster,
                "number": name.text_number,
                "mark": name.cluster is None,
            }
            for name, (x, y) in zip(shown.names, spots, strict=True)
        ],
        "legend": legend,
        "ramp": {"colours": ramp.colors, "low": ramp.low, "high": ramp.high} if ramp else None,
        "lit": _packed(shown.lit),
        "chosen": _packed(shown.chosen),
        "about": shown.about,
    }


def _packed(mask: NDArray[np.bool_] | None) -> str | None:
    return None if mask is None else base64.b64encode(np.packbits(mask, bitorder="little").tobytes()).decode()
