"""The library sorted along an axis of two phrases, or along two of them in a plane."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np
import streamlit as st

from core import Encoder, Item, Library
from core.geometry.axis import Axis, By, measure_axis, pick_scattered
from core.library.points import Points, load_points
from core.plots.axis import axis_plane, axis_strip
from ui.components.gallery.gallery import Card, Facts, gallery, picture_uri
from ui.session.cache import get_cached
from ui.session.encoders import load_encoder
from ui.session.state import get_state
from ui.text import percent, plain
from ui.widgets.details import open_details, show_details
from ui.widgets.query.box import more_like

_MOST = 10_000  # items that are sorted: their vectors stay in memory for the visit
_DRAWN = 4_000  # points of the plane
_SHOWN = 12
_SMALL = 96


@dataclass(slots=True)
class PlaneState:
    """opened: the item of the point that was clicked last."""

    opened: Item | None = None


def axis_section(library: Library, encoder: Encoder) -> str:
    """The phrases and the sorted library; returns the lines of Python. Raises QueryError and DataError."""
    plane = st.toggle("Two axes in a plane", key="plane", bind="query-params")
    across = _ends("low", "high", "calm", "busy")
    up = _ends("bottom", "top", "dark", "bright") if plane else None
    by: By = st.segmented_control(
        "Ends defined by", get_args(By), default="pictures", required=True, key="by", bind="query-params",
        help="pictures: a few of the library that match one phrase and not the other. words: the phrases themselves. "
        "Pictures work better if the library has some for both ends.",
    )  # fmt: skip
    if not all(across) or (up is not None and not all(up)):
        st.info("Type a phrase for each end. Separate several phrases by semicolons.",
                icon=":material/edit:")  # fmt: skip
        return ""
    load_encoder(encoder)
    points = get_cached(
        "axis points", encoder.id, library.index(encoder), lambda: load_points(library, encoder, limit=_MOST)
    )
    first = _axis("axis across", library, encoder, across, by, points)
    if first.by != by:
        st.caption("There are too few pictures to define the ends, so the phrases are used.")
    if up is None:
        _line(first)
    else:
        _plane(first, _axis("axis up", library, encoder, up, by, points))
    if points.considered > len(points):
        st.caption(f"A random sample of {len(points):,} of the {points.considered:,} items is sorted.")
    return _code(across, up, by)


def _ends(low: str, high: str, *defaults: str) -> tuple[str, str]:
    found = []
    labels = {"low": "From", "high": "To", "bottom": "Upwards from", "top": "Upwards to"}
    for column, key, default in zip(st.columns(2, gap="medium"), (low, high), defaults, strict=True):
        with column:
            text = st.text_input(labels[key], default, key=key, bind="query-params", max_chars=300)
            found.append((text or "").strip())
    return found[0], found[1]


def _axis(name: str, library: Library, encoder: Encoder, ends: tuple[str, str], by: By, points: Points) -> Axis:
    key = (encoder.id, ends, by)
    return get_cached(name, key, points, lambda: measure_axis(library, encoder, *ends, by=by, points=points))


def _line(axis: Axis) -> None:
    names = _names(axis.points)
    st.markdown(f"#### From “{plain(axis.low)}” to “{plain(axis.high)}”, in equal steps")
    _row(axis, axis.select_spread(_SHOWN), "axis_gallery")
    share = st.slider(
        "Position along the axis, in percent", 0, 100, 100, key="at",
        bind="query-params", format="%d %%",
    )  # fmt: skip
    nearest = axis.select_around(share / 100, _SHOWN)
    st.plotly_chart(
        axis_strip(axis, names, nearest),
        key="axis_strip",
        config={"displayModeBar": False},
        alt="Values of the library",
    )
    _row(axis, nearest, "place_gallery")
    items = axis.points.items(np.concatenate([axis.select_spread(_SHOWN), nearest]))
    show_details((), items)
    st.caption(
        "The order is relative: it ranks pictures along the axis, even those that match neither phrase. These are "
        "mostly in the middle."
    )


def _row(axis: Axis, numbers: np.ndarray, key: str) -> None:
    standing, items = axis.standing, axis.points.items(numbers)
    gallery(
        [
            Card(item, facts=_facts(float(standing[number]), float(axis.values[number])))
            for item, number in zip(items, numbers, strict=True)
        ],
        key=key,
        on_open=open_details,
        on_like=more_like,
    )


def _facts(standing: float, value: float) -> Facts:
    about = "Share of the library that is lower on this axis"
    return Facts(standing, percent(standing), about, f"{value:+.2f}", "Difference of the cosines with both ends")


def _plane(across: Axis, up: Axis) -> None:
    points, names = across.points, _names(across.points)
    rng = np.random.default_rng(0)
    pictured = pick_scattered(across, up)
    chosen = np.arange(len(points))
    if len(points) > _DRAWN:
        chosen = np.union1d(rng.choice(len(points), _DRAWN, replace=False), pictured)
        st.caption(f"Shown: a random sample of {len(chosen):,} of {len(points):,}.")
    uris = zip(pictured, (picture_uri(item, _SMALL) for item in points.items(pictured)), strict=True)
    figure = axis_plane(across, up, names, {int(n): uri for n, uri in uris if uri}, chosen=chosen.tolist())

    state = get_state(PlaneState)

    def clicked() -> None:
        selected = st.session_state["axis_plane"]["selection"]["points"]
        if selected:
            state.opened = points.items([int(selected[0]["customdata"])])[0]
            open_details(state.opened)

    st.plotly_chart(
        figure, key="axis_plane", on_select=clicked, selection_mode="points", config={"displayModeBar": False},
        alt="The library on two axes",
    )  # fmt: skip
    if state.opened is not None:
        show_details((), [state.opened])
    st.caption("Each point is a picture or a video; some are drawn as thumbnails. Click a point to open it.")


def _names(points: Points) -> list[str]:
    return [Path(str(path)).name for path in points.column("path")]


def _code(across: tuple[str, str], up: tuple[str, str] | None, by: By) -> str:
    lines = f"""from core.geometry import measure_axis

axis = measure_axis(library, encoder, {across[0]!r}, {across[1]!r}, by={by!r})
for item in axis.points.items(axis.order):
    print(item.path)
"""
    return lines + (
        f"up = measure_axis(library, encoder, {up[0]!r}, {up[1]!r}, by={by!r}, points=axis.points)\n" if up else ""
    )
