"""The map: its colors, the points that a query highlights, and the names of the clusters."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core import Encoder, Filters, Library, SearchResult, Term, embed_query, parse_query
from core.errors import QueryError
from core.explore.atlas import Atlas
from core.explore.colors import (
    Coloring,
    color_by_date,
    color_by_folder,
    color_by_kind,
    color_by_label,
    color_by_name,
    color_by_score,
)
from core.explore.selection import find_highlighted
from core.media.modalities import get_modality
from core.plots.map import space
from core.search.combine import combine_terms
from core.search.query import query_state
from ui.components.gallery.gallery import picture_uri
from ui.components.map.map_view import Listeners, MapData, PointName, Seen, points_map
from ui.explore.bar import Color
from ui.explore.selection_state import ExploreState, choose_cluster, choose_line, choose_near
from ui.session.cache import get_cached
from ui.session.state import get_state
from ui.text import counted, plain
from ui.widgets.details import open_details
from ui.widgets.filters import Options
from ui.widgets.query.image_search import find

_SIDE = 160  # pixels of a picture on the map
_MOST_LIT = 1_000
_NEAREST = 12  # highlighted where no match is known


def find_matches(
    library: Library, encoder: Encoder, words: str, filters: Filters
) -> tuple[tuple[Term, ...], SearchResult | None]:
    """What matches the words to highlight, with their terms; nothing without words, or where they are no query."""
    if not words:
        return (), None
    try:
        terms = parse_query(words, files=False)
        return terms, find(library, encoder, terms, filters, Options(_MOST_LIT, False, None))
    except QueryError as error:
        st.warning(plain(str(error)), icon=":material/help:")
        return (), None


def find_lit_points(atlas: Atlas, result: SearchResult | None) -> NDArray[np.bool_] | None:
    """(n,) the points that a query highlights, with a line about them; None without a query."""
    if result is None:
        return None
    certain = result.hits[: result.cutoff] if result.judged else ()
    hits = certain or result.hits[:_NEAREST]
    highlighted = find_highlighted(atlas.points, hits)
    if certain:
        st.markdown(f"**{counted(int(highlighted.sum()), 'point')} highlighted:** those that match.")
    else:
        verdict = "**Nothing here matches.** " if result.judged else ""
        st.markdown(f"{verdict}The {len(hits)} closest are highlighted.")
    return highlighted


def make_coloring(
    library: Library, encoder: Encoder, atlas: Atlas, titles: list[str], color: Color, terms: tuple[Term, ...]
) -> Coloring:
    """The colors of the points; by cluster if score is chosen without a query."""
    points = atlas.points
    if color == "score" and not terms:
        st.caption("Type words to highlight: the colors then show how similar each point is.")
    if color == "cluster" or (color == "score" and not terms):
        names = [titles[number] if number >= 0 else None for number in atlas.clusters.labels]
        names[points.first_text :] = ["texts"] * len(points.texts)
        return color_by_name(names, order=[*titles, "texts"], nameless="in no cluster")
    if color == "score":
        key = (terms, query_state(encoder, terms), encoder.id)
        return get_cached(
            "colours",
            key,
            atlas,
            lambda: color_by_score(points, embed_query(encoder, combine_terms(terms), index=points.index)),
        )
    if color == "label":
        return color_by_label(points, library.labels())
    color_by = {"kind": color_by_kind, "folder": color_by_folder, "date": color_by_date}[color]
    return get_cached("colours", color, atlas, lambda: color_by(points))


def show_map(
    atlas: Atlas,
    titles: list[str],
    coloring: Coloring,
    highlighted: NDArray[np.bool_] | None,
    chosen: NDArray[np.int64] | None,
) -> None:
    """The map: in 2-D to select from, in 3-D to look at."""
    about = f"A map of {counted(len(atlas.points), 'point')} in {counted(atlas.clusters.count, 'cluster')}."
    mask = None
    if chosen is not None:
        mask = np.zeros(len(atlas.points), bool)
        mask[chosen] = True
    if atlas.places.shape[1] == 3:
        _show_space(atlas, titles, coloring, highlighted, mask, about)
        return
    names = [
        PointName(text, tuple(place), number)
        for number, (text, place) in enumerate(zip(titles, atlas.middles.tolist(), strict=True))
    ]
    first_text = atlas.points.first_text
    marks = [
        PointName(text, tuple(atlas.places[first_text + number].tolist()), text_number=number)
        for number, text in enumerate(atlas.points.texts)
    ]
    shown = MapData(atlas.places, coloring, [*marks, *names], highlighted, mask, about)
    listeners = Listeners(
        partial(_seen, atlas, titles), partial(_open, atlas), choose_cluster, choose_line, choose_near
    )
    points_map(shown, listeners, key="points_map")


def _show_space(
    atlas: Atlas,
    titles: list[str],
    coloring: Coloring,
    highlighted: NDArray[np.bool_] | None,
    chosen: NDArray[np.bool_] | None,
    about: str,
) -> None:
    """The map in 3-D, to look at: with names, without lasso."""
    texts = atlas.points.texts
    labels = [*texts, *titles]
    label_places = np.concatenate([atlas.places[atlas.points.first_text :], atlas.middles])
    figure = space(
        atlas.places,
        coloring,
        names=atlas.points.names,
        highlighted=highlighted,
        chosen=chosen,
        labels=labels,
        label_places=label_places,
    )
    st.plotly_chart(figure, key="map_space", alt=about, height="stretch", config={"displaylogo": False})


def _seen(atlas: Atlas, titles: list[str], numbers: list[int]) -> dict[int, Seen]:
    """The picture, name and cluster of each of these points."""
    points, of = atlas.points, atlas.clusters.labels
    first_text, shown_s = points.first_text, points.shown_s
    seen = {number: Seen(None, points.texts[number - first_text], "text") for number in numbers if number >= first_text}
    own = [number for number in numbers if number < first_text]
    for number, item in zip(own, points.items(own), strict=True):
        time_s = shown_s[number]
        when = f" · {get_modality(item.kind).describe(time_s)}" if time_s is not None else ""
        about = titles[of[number]] if of[number] >= 0 else "in no cluster"
        seen[number] = Seen(picture_uri(item, _SIDE, time_s), Path(item.path).name + when, about)
    return seen


def _open(atlas: Atlas, number: int) -> None:
    if atlas.points.item_rows[number] >= 0:
        item = atlas.points.items([number])[0]
        get_state(ExploreState).opened = item
        open_details(item)
    else:
        choose_near(number - atlas.points.first_text)
