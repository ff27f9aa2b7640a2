"""What a dimension or a principal component responds to in a library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core import Encoder, Item, Library
from core.encoders.base import Part
from core.explore.vocabulary import Vocabulary, load_user_words, load_vocabulary
from core.geometry.attribution import (
    Components,
    Response,
    compute_components,
    compute_response,
    get_dimension,
    get_encoder_parts,
)
from core.library.points import Points, load_points
from core.plots.vectors import response_histogram, variance_shares
from core.progress import Task
from ui.components.gallery.gallery import Card, Facts, gallery
from ui.jobs.tasks import get_task, start_if_idle, task_button
from ui.text import counted, percent, plain
from ui.widgets.code_block import in_python, opening
from ui.widgets.details import open_details, show_details
from ui.widgets.query.box import more_like

Kind = Literal["principal component", "single number"]
_KINDS: tuple[Kind, ...] = ("principal component", "single number")
_MOST = 5_000  # items that are analyzed
_SHOWN = 8
_STILL = {"displayModeBar": False}


@dataclass(frozen=True, eq=False)
class Ground:
    """The data for all directions: points of the library, their components, and a vocabulary to name the ends."""

    points: Points
    components: Components
    words: Vocabulary


def response_section(library: Library, encoder: Encoder) -> None:
    ground = _ground(library, encoder)
    if ground is None:
        return
    kind, number = _which(ground, encoder)
    direction = ground.components.rows[number] if kind == _KINDS[0] else get_dimension(encoder.dim, number)
    response = compute_response(ground.points, direction, words=ground.words.names, word_vectors=ground.words.vectors)
    part = (
        None
        if kind == _KINDS[0]
        else next(entry for entry in get_encoder_parts(encoder) if entry.start <= number < entry.stop)
    )
    _show_response(ground, response, kind, number, part)
    if float(np.ptp(response.values)) < 1e-6:
        st.info(
            "This number is the same for all items here, so it separates nothing.", icon=":material/horizontal_rule:"
        )
    else:
        _ends(ground, response)
        _charts(ground, response, kind, number)
    _code(library, encoder, kind, number)


def _ground(library: Library, encoder: Encoder) -> Ground | None:
    """Prepared in the background, once a visit: the vocabulary of a new encoder takes a while."""
    key, index = "inside ground", library.index(encoder)
    about = (library.path, encoder.id, load_user_words())

    def work(task: Task) -> Ground:
        points = load_points(library, encoder, limit=_MOST)
        components = compute_components(points.vectors)
        return Ground(points, components, load_vocabulary(encoder, task=task))

    title = "Analyzing the library"
    if get_task(key, about=about) is None:
        start_if_idle(key, title, work, about=about, state=index)
    return task_button(key, "Analyze the library", work, title=title, about=about, state=index)


def _which(ground: Ground, encoder: Encoder) -> tuple[Kind, int]:
    """The kind of direction, and its number from 0."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="direction_tools"):
        kind: Kind = st.segmented_control(
            "Direction", _KINDS, default=_KINDS[0], required=True, key="kind", bind="query-params"
        )
        if kind == _KINDS[0]:
            count = len(ground.components.rows)
            number = st.number_input(
                f"Number, 1 to {count}", 1, count, 1, key="component", bind="query-params", width=180,
                help="The first has the most variance.",
            )  # fmt: skip
            return kind, int(number) - 1
        number = st.number_input(
            f"Number, 0 to {encoder.dim - 1}", 0, encoder.dim - 1, 0, key="number", bind="query-params", width=180,
            help="Counted from 0.",
        )  # fmt: skip
    return kind, int(number)


def _show_response(ground: Ground, response: Response, kind: Kind, number: int, part: Part | None) -> None:
    points = ground.points
    if kind == _KINDS[0]:
        total = float(ground.components.shares[: number + 1].sum())
        said = f"Component {number + 1} holds **{percent(response.share, 1)}** of the variance"
        more = f"; the first {number + 1} together hold {percent(total)}."
        said += more if number else ", more than any other direction."
    else:
        even = 1.0 / len(response.direction)
        said = (
            f"Number {number} holds **{percent(response.share, 2)}** of the variance; an even share would be "
            f"{percent(even, 2)}."
        )
    st.markdown(said)
    sampled = f", a random sample of {points.considered:,}" if points.considered > len(points) else ""
    belongs = f" · part “{part.name}”: {part.about}" if part is not None and part.stop - part.start < len(
        response.direction) else ""  # fmt: skip
    st.caption(plain(f"Among {counted(len(points), 'item')}{sampled}{belongs}"))


def _ends(ground: Ground, response: Response) -> None:
    count = min(_SHOWN, len(response.order) // 2)
    columns = st.columns(2, gap="medium")
    ends = (
        ("High end", response.order[::-1][:count], response.high),
        ("Low end", response.order[:count], response.low),
    )
    shown: list[Item] = []
    for column, (title, numbers, words) in zip(columns, ends, strict=True):
        with column:
            st.markdown(f"**{title}**" + (f": {plain(', '.join(words))}" if words else ""))
            shown += _gallery(ground.points, numbers, response.values, key=f"{title} gallery")
    st.caption(
        "The words are the best matches of a list. They are hints: a direction rarely means one thing, and its sign is "
        "arbitrary."
    )
    show_details((), shown)


def _gallery(points: Points, numbers: NDArray[np.int64], values: NDArray[np.float32], *, key: str) -> Sequence[Item]:
    items = points.items(numbers)
    cards = [
        Card(item, facts=Facts(None, "", "", f"{values[number]:+.3f}", "Value along this direction"))
        for item, number in zip(items, numbers, strict=True)
    ]
    gallery(cards, key=key, on_open=open_details, on_like=more_like)
    return items


def _charts(ground: Ground, response: Response, kind: Kind, number: int) -> None:
    left, right = st.columns(2, gap="medium")
    name = f"component {number + 1}" if kind == _KINDS[0] else f"number {number}"
    with left:
        figure = response_histogram(response, title=f"Distribution of {name}", noun="items")
        st.plotly_chart(figure, key="value histogram", config=_STILL, alt=f"Histogram of the values of {name}")
    if kind == _KINDS[0]:
        with right:
            figure = variance_shares(ground.components.shares, number)
            st.plotly_chart(figure, key="variance", config=_STILL, alt="Share of variance of the first components")


def _code(library: Library, encoder: Encoder, kind: Kind, number: int) -> None:
    chosen = f"compute_components(points.vectors).rows[{number}]"
    if kind != _KINDS[0]:
        chosen = f"get_dimension(encoder.dim, {number})"
    in_python(
        f"""{opening(library, encoder)}
from core.explore import load_vocabulary
from core.geometry import compute_components, compute_response, get_dimension
from core.library import load_points

points = load_points(library, encoder, limit={_MOST:_})
direction = {chosen}
words = load_vocabulary(encoder)
response = compute_response(points, direction, words=words.names, word_vectors=words.vectors)
print(response.share, response.high, response.low)
for item in points.items(response.order[::-1][:8]):
    print(item.path)
"""
    )
