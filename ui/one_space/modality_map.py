"""Words, pictures and videos as points on one map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import streamlit as st

from core import Encoder, Item, Library
from core.encoders.base import Vectors
from core.explore.projection import Method, project_isolated, project_vectors
from core.geometry.modality_gap import find_fitting_words
from core.library.points import Points, Unit, load_points
from core.media.modalities import TEXT
from core.plots.space import kinds_plane
from core.progress import Task
from ui.jobs.tasks import task_button
from ui.session.cache import get_cached
from ui.session.libraries import library_facts
from ui.session.state import get_state
from ui.text import counted
from ui.widgets.details import open_details, show_details
from ui.widgets.query.default_terms import ready_words

_MOST = 2_000  # points of the library
_WORDS = 24
_METHODS: dict[Method, str] = {"pca": "PCA", "umap": "UMAP", "tsne": "t-SNE"}


@dataclass(slots=True)
class ModalityMapState:
    """opened: the item of the point that was clicked last."""

    opened: Item | None = None


def map_section(library: Library, encoder: Encoder) -> str:
    """The settings and the map; returns the lines of Python. Raises DataError."""
    ready_words(encoder)
    words = _words(library, encoder)
    with st.container(horizontal=True, vertical_alignment="bottom", key="space_tools"):
        method: Method = st.segmented_control(
            "Layout", list(_METHODS), default="pca", required=True, key="method", bind="query-params",
            format_func=_METHODS.__getitem__,
            help="PCA is a linear projection. UMAP and t-SNE keep neighbors together and distort the rest.",
        )  # fmt: skip
        of: Unit = "items"
        if library_facts(library, encoder).searchable.videos:
            of = st.segmented_control(
                "Videos as", get_args(Unit), default="items", required=True, key="of", bind="query-params",
                format_func=lambda entry: "whole videos" if entry == "items" else "frames",
            )  # fmt: skip
        closed = st.toggle("Close the gap between words and pictures", key="closed", bind="query-params")
    points = get_cached(
        "space points", (encoder.id, of, words), library.index(encoder),
        lambda: load_points(library, encoder, unit=of, texts=words, limit=_MOST),
    )  # fmt: skip
    _drawn(library, encoder, points, method, closed)
    if points.considered > len(points):
        st.caption(f"Shown: a random sample of {_MOST:,} of {points.considered - len(points.texts):,}.")
    return f"""from core.explore import project_vectors
from core.library import load_points

points = load_points(library, encoder, unit={of!r}, texts={list(words)!r}, limit={_MOST})
places = project_vectors(points.{"centered" if closed else "vectors"}, method={method!r})
print(points.kinds, places)
"""


def _words(library: Library, encoder: Encoder) -> tuple[str, ...]:
    index = library.index(encoder)
    fitting = get_cached("fitting", encoder.id, index, lambda: find_fitting_words(encoder, index.background, _WORDS))
    text = st.text_area(
        "Words, separated by commas", key="words", bind="query-params", max_chars=2_000, height=90,
        placeholder=", ".join(fitting),
        help="If empty: those of some 1,500 reference phrases that fit most pictures of this library once the gap is "
        "closed.",
    )  # fmt: skip
    typed = tuple(dict.fromkeys(part.strip() for part in (text or "").split(",") if part.strip()))
    return typed or fitting


def _drawn(library: Library, encoder: Encoder, points: Points, method: Method, closed: bool) -> None:
    vectors = get_cached("space centred", None, points, lambda: points.centered) if closed else points.vectors
    places = _places(library, encoder, vectors, points, method, closed)
    if places is None:
        return
    title = f"{counted(len(points), 'point')} by {_METHODS[method]}{', gap closed' if closed else ''}"

    state = get_state(ModalityMapState)

    def clicked() -> None:
        selected = st.session_state["space_plane"]["selection"]["points"]
        number = int(selected[0]["customdata"]) if selected else -1
        if 0 <= number < points.first_text:
            state.opened = points.items([number])[0]
            open_details(state.opened)

    st.plotly_chart(
        kinds_plane(places, _kinds(points), points.names, title=title), key="space_plane", on_select=clicked,
        selection_mode="points", alt="Words, pictures and videos in the plane",
    )  # fmt: skip
    if state.opened is not None:
        show_details((), [state.opened])
    st.caption(
        f"A projection of {encoder.dim:,} dimensions: points that are close here may be far apart. Click a picture.",
        help="All points come from one encoder and can be compared with each other. If PCA separates words and "
        "pictures, that is the modality gap; closing it subtracts the mean of each kind.",
    )


def _kinds(points: Points) -> list[str]:
    """The kind of each point, texts of the library apart from the words."""
    documents, kinds = {TEXT.name, TEXT.segment}, points.kinds
    own = ["document" if kind in documents else kind for kind in kinds[: points.first_text]]
    return own + kinds[points.first_text :]


def _places(
    library: Library, encoder: Encoder, vectors: Vectors, points: Points, method: Method, closed: bool
) -> Vectors | None:
    if method == "pca":
        return get_cached("space places", closed, points, lambda: project_vectors(vectors, method="pca"))

    def work(task: Task) -> Vectors:
        return project_isolated(vectors, method=method, task=task)

    about = (library.path, encoder.id, method, closed, points.texts, len(points))
    return task_button(
        f"space {method}", "Compute layout", work, title="Computing the layout", about=about, state=points
    )
