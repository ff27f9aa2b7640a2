"""One movie: the edges of the network that are its coordinates, and its neighbors before and after training."""

from __future__ import annotations

import streamlit as st

from core.learn.isolated import IsolatedTraining
from core.learn.metrics import find_nearest
from core.learn.state import Embedding
from core.plots.training import network, weight_strip
from core.plots.training_map import movie_map
from ui.text import counted, plain

_STILL = {"displayModeBar": False}
_FIRST = "Star Wars (1977)"


def movie_section(training: IsolatedTraining) -> int:
    """What the layer knows of a chosen movie; returns its number."""
    movies = training.watched.movies
    st.subheader("One movie", anchor=False)
    numbers = {movies.name(number): number for number in range(len(movies))}
    names = sorted(numbers, key=str.casefold)
    popular = movies.name(int(training.info.drawn[0]))
    first = names.index(_FIRST if _FIRST in numbers else popular)
    name = st.selectbox("Movie", names, first, key="movie", bind="query-params", help="Type a part of its title.")
    chosen = numbers[name]
    genres = ", ".join(movies.genres[chosen])
    st.markdown(f"**{plain(name)}**" + (f" · {plain(genres)}" if genres else ""))
    _weights(training, chosen)
    _neighbors(training, chosen)
    return chosen


def _weights(training: IsolatedTraining, chosen: int) -> None:
    last, dim = training.epochs[-1].embedding, training.settings.dim
    movies = training.watched.movies
    if dim > 3:
        title = f"The weights of the {dim} edges of {movies.name(chosen)}"
        st.plotly_chart(weight_strip(last[chosen], title=title), key="learn_strip", config=_STILL, alt=title)
        st.caption(f"These {dim} numbers are its embedding: the weights of the edges from its input node.")
        return
    edges = training.edges(chosen)
    left, right = st.columns(2)
    left.plotly_chart(
        network(edges, title="Its edges in the network"), key="learn_network", config=_STILL,
        alt="The input node of the movie, its edges and their weights",
    )  # fmt: skip
    drawn = [int(entry) for entry in training.info.drawn if entry != chosen] + [chosen]
    figure = movie_map(
        last[drawn], movies.subset(drawn), title="Its position on the map", chosen=len(drawn) - 1, height=430
    )  # fmt: skip
    right.plotly_chart(figure, key="learn_place", config=_STILL, alt="The movie on the map")
    numbers = ", ".join(f"{value:.2f}" for value in last[chosen])
    rule = "The edge weights of an item are its coordinates"
    if len(edges) > 1:
        rule = "The edge weights of all active input nodes of an item add up to its coordinates"
    st.markdown(
        f"{rule}: **({numbers})**. Left: the network gets a 1 at the input node of "
        "this movie and outputs the weights of its edges. Right: the same numbers as a position."
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
    st.caption("By Euclidean distance. Bold: shared genres.")


def _list(training: IsolatedTraining, chosen: int, embedding: Embedding, title: str) -> None:
    movies = training.watched.movies
    near = [int(entry) for entry in find_nearest(embedding, [chosen])[0]]
    genre = movies.main_genres[chosen]
    alike = sum(movies.main_genres[entry] == genre for entry in near)
    st.markdown(f"**{title}**" + (f" · {alike} of {len(near)} mainly {plain(genre)}" if genre else ""))
    rows = []
    for place, entry in enumerate(near, start=1):
        shared = movies.shared_genres(chosen, entry)
        genres = [f"**{plain(name)}**" if name in shared else f":gray[{plain(name)}]" for name in movies.genres[entry]]
        rows.append(f"{place}. {plain(movies.name(entry))}  {' · '.join(genres)}")
    st.markdown("\n".join(rows))
