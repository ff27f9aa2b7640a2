"""One picture and its nearest neighbors by pixels and by embedding."""

from __future__ import annotations

import io

import streamlit as st

from core import Item
from core.geometry.distance_contrast import find_nearest
from core.geometry.raw_pixels import SIDE, to_image
from core.library.public.keyed_ids import seal, unseal
from core.plots.pixels import NAMES
from ui.components.gallery.gallery import Card, Facts, gallery, picture_uri
from ui.pixels.compare import INPUTS, ComparedInputs, label_text
from ui.text import plain
from ui.widgets.details import open_details, show_details
from ui.widgets.query.box import more_like

_NEAREST = 8
_OFFERED = 24
_KEY = "picture"


def pick_section(shown: ComparedInputs) -> None:
    """A query picture, its neighbors by either input, and others to choose from."""
    st.subheader("Nearest neighbors", anchor=False)
    target = unseal(st.query_params.get(_KEY, ""))
    row = next((row for row, item in enumerate(shown.items) if item.id == target), None)
    if target and row is None:
        st.caption(
            ":material/image_not_supported: The picture of the link is not among those compared. Choose another one."
        )
    if row is None:  # the first one with a label
        row = next((row for row, label in enumerate(shown.compared.labels) if label is not None), 0)
    _picked(shown, row)
    nearby: list[Item] = []
    for place, which in zip(st.columns(2), INPUTS, strict=True):
        with place:
            nearby += _near(shown, row, which)
    offered = _offered(shown)
    with st.expander("Choose another picture", icon=":material/grid_view:"):
        st.caption("Click a picture to use it as the query.")
        gallery([Card(item) for item in offered], key="pixel_pick", on_open=_pick, on_like=more_like)
    show_details((), [shown.items[row], *nearby])


def _picked(shown: ComparedInputs, row: int) -> None:
    item, label = shown.items[row], shown.compared.labels[row]
    with st.container(horizontal=True, vertical_alignment="center", key="picked"):
        uri = picture_uri(item)
        if uri:
            st.image(uri, width=160, alt="The query picture")
        buffer = io.BytesIO()
        to_image(shown.compared.pixels.values[row]).save(buffer, "PNG")
        st.image(buffer.getvalue(), width=160, alt=f"The same at {SIDE} × {SIDE} pixels")
        st.markdown(f"**{plain(item.path.rpartition('/')[2])}**  \n{label_text(label)}  \n:gray[the original, and the "
                    f"{SIDE * SIDE * 3:,} numbers that are compared]")  # fmt: skip
        st.button("Details", icon=":material/info:", on_click=open_details, args=(item,), key="pixel details")


def _near(shown: ComparedInputs, row: int, which: str) -> list[Item]:
    compared = shown.compared
    values = compared.values(which)  # type: ignore[arg-type]
    rows, distances = find_nearest(values, row, _NEAREST)
    own = compared.labels[row]
    same = sum(compared.labels[nearest] == own for nearest in rows)
    agreement = f" · {same} of {len(rows)} with the same label" if own is not None else ""
    st.markdown(f"**Nearest by {NAMES[which]}**{agreement}")
    cards = [
        Card(
            shown.items[nearest],
            facts=Facts(
                None, "same label" if own is not None and compared.labels[nearest] == own else "",
                "Euclidean distance to the query picture", f"{distance:.2f}", "distance",
            ),
        )
        for nearest, distance in zip(rows, distances, strict=True)
    ]  # fmt: skip
    gallery(cards, key=f"near {which}", on_open=_pick, on_like=more_like)
    return [shown.items[nearest] for nearest in rows]


def _offered(shown: ComparedInputs) -> list[Item]:
    step = max(1, len(shown.items) // _OFFERED)
    return list(shown.items[::step][:_OFFERED])


def _pick(item: Item) -> None:
    st.query_params[_KEY] = seal(item.id)
