"""Where movies are learned from: simulated viewers, a file of ratings, or MovieLens."""

from __future__ import annotations

import hashlib
from functools import partial

import streamlit as st

from core.learn.download import EDITIONS, PAGE, download_movielens
from core.learn.movies import Watched
from core.policy import get_policy
from core.progress import Task
from ui.learn.source import Choice
from ui.text import zip_limit

SIMULATED = "simulated"  # the key of that choice
_SIMULATED, _FILE, _MOVIELENS = "simulated viewers", "a file of ratings", "MovieLens"
_ENDINGS = ["zip", "csv", "data", "dat", "item"]


def movie_source() -> Choice | None:
    """The chosen data; None while there is none."""
    ways = [_SIMULATED, _FILE, *([_MOVIELENS] if get_policy().may_write_shared else [])]
    way = st.segmented_control(
        "Learn from", ways, default=_SIMULATED, required=True, key="learn_from", bind="query-params"
    )
    if way == _FILE:
        return _load_file()
    if way == _MOVIELENS:
        return _load_movielens()
    st.caption(
        ":material/science: **Simulated.** 2,000 random viewers watch 50 of some 500 movies each. Titles, years and "
        "genres are real; the tastes are random."
    )
    with st.expander("How the viewers are simulated", icon=":material/casino:"):
        st.markdown(
            "Each viewer likes a few genres, prefers movies of some years, and shares a group's taste for some movies "
            "of any genre. A mood (one of the liked genres) lasts for some movies, then changes. Some movies are much "
            "more popular than others, and none is watched twice. The layer only gets who watched which movie in which "
            "order, as numbers; it gets no genres and years."
        )
    lines = "from core.learn.simulate import simulate\n\nsource = simulate()"
    return Choice("movies", SIMULATED, _simulated, lines)


def _simulated(task: Task) -> Watched:
    from core.learn.simulate import simulate

    return simulate()


def _load_file() -> Choice | None:
    files = st.file_uploader(
        "A zip of MovieLens, or its ratings.csv and movies.csv", type=_ENDINGS, accept_multiple_files=True,
        key="learn_files", max_upload_size=zip_limit(),
        help="ratings.csv: columns userId, movieId and optionally timestamp. movies.csv: movieId, title and genres. "
        "Without movies.csv, movies have numbers instead of titles, and no genres.",
    )  # fmt: skip
    lists = [file for file in files if file.name.lower().startswith(("movies", "u.item"))]
    rated = next((file for file in files if file not in lists), None)
    if rated is None:
        hint = "The ratings are missing." if lists else "Each rating counts as watched, whatever its value."
        st.caption(f"{hint} The first 1,000,000 ratings and the 5,000 most watched movies are used.")
        return None
    data, movies = rated.getvalue(), lists[0].getvalue() if lists else None
    key = hashlib.blake2b(data + (movies or b""), digest_size=12).hexdigest()
    name = "my-ratings.zip" if rated.name.lower().endswith(".zip") else "ratings.csv"
    listed = ', movies=Path("movies.csv").read_bytes()' if movies else ""
    lines = f"""from pathlib import Path

from core.learn import read_ratings

source = read_ratings(Path("{name}"){listed})"""
    return Choice("movies", key, partial(_read, data, movies, rated.name), lines)


def _read(data: bytes, movies: bytes | None, name: str, task: Task) -> Watched:
    from core.learn.ratings import read_ratings

    return read_ratings(data, movies=movies, name=name, limits=get_policy())


def _load_movielens() -> Choice:
    edition = st.segmented_control(
        "Edition", EDITIONS, default=EDITIONS[0], required=True, key="edition", bind="query-params"
    )
    edition = edition or EDITIONS[0]
    st.caption(
        f"Real ratings, downloaded from [GroupLens]({PAGE}) at the first start; its terms of use apply. Without a "
        "network, use the simulated viewers or a file."
    )
    lines = f"from core.learn import download_movielens\n\nsource = download_movielens({edition!r})"
    return Choice("movies", edition, lambda task: download_movielens(edition, task=task), lines)
