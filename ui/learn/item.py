"""One movie or word: the edges of the network that are its coordinates, and its neighbors before and after training."""

from __future__ import annotations

import streamlit as st

from core.learn.isolated import IsolatedTraining
from core.learn.metrics import find_nearest
from core.learn.source import main_groups, shared_groups
from core.learn.state import Embedding
from core.plots.training import network, weight_strip
from core.plots.training_map import item_map
from ui.text import counted, plain

_STILL = {"displayModeBar": False}
_FIRST = {"movie": "Star Wars (1977)", "word": "cow"}


def item_section(training: IsolatedTraining) -> int:
    """What the layer knows of a chosen item; returns its number."""
    items = training.source.items
    st.subheader(f"One {items.noun}", anchor=False)
    numbers = {items.name(number): number for number in range(len(items))}
    names = sorted(numbers, key=str.casefold)
    frequent = items.name(int(training.info.drawn[0]))
    first = names.index(_FIRST[items.noun] if _FIRST[items.noun] in numbers else frequent)
    about = "Type a part of it."
    if items.noun == "movie":
        name = st.selectbox("Movie", names, first, key="movie", bind="query-params", help=about)
    else:
        name = st.selectbox("Word", names, first, key="word", bind="query-params", help=about)
    chosen = numbers[name]
    groups = ", ".join(items.groups[chosen])
    st.markdown(f"**{plain(name)}**" + (f" · {plain(groups)}" if groups else ""))
    _weights(training, chosen)
    _neighbors(training, chosen)
    return chosen


def _weights(training: IsolatedTraining, chosen: int) -> None:
    last, dim = training.epochs[-1].embedding, training.settings.dim
    items = training.source.items
    if dim > 3:
        title = f"The weights of the {dim} edges of {items.name(chosen)}"
        st.plotly_chart(weight_strip(last[chosen], title=title), key="learn_strip", config=_STILL, alt=title)
        st.caption(
            f"These {dim} numbers are its embedding: the weights of the edges from its input node, one row of the "
            f"layer's table of {len(items):,} × {dim} weights."
        )
        return
    edges = training.edges(chosen)
    left, right = st.columns(2)
    left.plotly_chart(
        network(edges, title="Its edges in the network"), key="learn_network", config=_STILL,
        alt="The input node, its edges and their weights",
    )  # fmt: skip
    drawn = [int(entry) for entry in training.info.drawn if entry != chosen] + [chosen]
    figure = item_map(
        last[drawn], items.subset(drawn), title="Its position on the map", chosen=len(drawn) - 1, height=430
    )  # fmt: skip
    right.plotly_chart(figure, key="learn_place", config=_STILL, alt="Its place on the map")
    numbers = ", ".join(f"{value:.2f}" for value in last[chosen])
    rule = "The edge weights of an item are its coordinates"
    if len(edges) > 1:
        rule = "The edge weights of all active input nodes of an item add up to its coordinates"
    st.markdown(
        f"{rule}: **({numbers})**. Left: the network gets a 1 at the input node of "
        f"this {items.noun} and outputs the weights of its edges. Right: the same numbers as a position."
    )
    if training.settings.year:
        st.caption("The year node outputs its weights times the year, in standard deviations from the mean.")


def _neighbors(training: IsolatedTraining, chosen: int) -> None:
    first, last = training.epochs[0], training.epochs[-1]
    before, after = st.columns(2)
    with before:
        _list(training, chosen, first.embedding, "Nearest before training")
    with after:
        _list(training, chosen, last.embedding, f"Nearest after {counted(last.number, 'epoch')}")
    st.caption(f"By Euclidean distance. Bold: shared {training.source.items.group_noun}s.")


def _list(training: IsolatedTraining, chosen: int, embedding: Embedding, title: str) -> None:
    items = training.source.items
    mains = main_groups(items)
    near = [int(entry) for entry in find_nearest(embedding, [chosen])[0]]
    group = mains[chosen]
    alike = sum(mains[entry] == group for entry in near)
    st.markdown(f"**{title}**" + (f" · {alike} of {len(near)} mainly {plain(group)}" if group else ""))
    rows = []
    for place, entry in enumerate(near, start=1):
        shared = shared_groups(items, chosen, entry)
        groups = [f"**{plain(name)}**" if name in shared else f":gray[{plain(name)}]" for name in items.groups[entry]]
        rows.append(f"{place}. {plain(items.name(entry))}  {' · '.join(groups)}")
    st.markdown("\n".join(rows))
