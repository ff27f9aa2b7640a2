"""The selection on the map: described, counted, shown as pictures, exported and labeled."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core import Encoder, Item, Library, embed_query, parse_query
from core.errors import QueryError
from core.explore.atlas import Atlas, name_selection
from core.explore.cluster_naming import ClusterName
from core.explore.selection import Summary, rank_selection, select_whole_items, selection_csv, summarize_selection
from core.library.schema import Label
from core.media.modalities import get_modality
from core.plots.map import count_bars
from core.policy import get_policy
from core.search.combine import combine_terms
from core.search.query import query_state
from core.share.hits import write_files_zip
from ui.components.gallery.gallery import Card, gallery
from ui.errors import boundary
from ui.explore.cluster_list import rename_box
from ui.explore.selection_state import ExploreState, SelectionState, choose_cover, choose_nothing
from ui.session.cache import get_cached
from ui.session.encoders import load_encoder
from ui.session.libraries import may_change
from ui.session.state import get_state
from ui.text import counted, counted_kind, percent, plain, too_large
from ui.widgets.details import open_details
from ui.widgets.query.box import more_like
from ui.widgets.summary.button import summary_button
from ui.widgets.vector_exchange import export_item_vectors

_PAGE = 48
_SAMPLE = 20


def selection_section(
    library: Library,
    encoder: Encoder,
    atlas: Atlas,
    titles: list[str],
    chosen: SelectionState,
    numbers: NDArray[np.int64],
) -> None:
    """Everything about what is selected."""
    if not len(numbers):
        st.info("No points inside this line: draw around some.", icon=":material/gesture:")
        return
    about = summarize_selection(atlas.points, numbers, library.labels())
    _heading(atlas, titles, chosen, about)
    _words(encoder, atlas, chosen, numbers)
    _figures(about)
    texts = [atlas.points.texts[n - atlas.points.first_text] for n in numbers if atlas.points.item_rows[n] < 0]
    if texts:
        st.markdown("Texts: " + ", ".join(f"“{plain(text)}”" for text in texts[:20]))
    if about.items:
        _tools(library, encoder, atlas, titles, chosen, numbers)
        _pictures(atlas, _search_within(encoder, atlas, numbers), chosen)


def _search_within(encoder: Encoder, atlas: Atlas, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """The selection, best match first if words are given."""
    text = st.text_input(
        "Search within the selection",
        key="within",
        bind="query-params",
        type="search",
        placeholder="Search within the selection",
        label_visibility="collapsed",
    )
    if not (text or "").strip():
        return numbers
    load_encoder(encoder)
    try:
        terms = parse_query(text, files=False)
        key = (terms, query_state(encoder, terms), encoder.id)
        points = atlas.points
        vector = get_cached(
            "explore within", key, atlas, lambda: embed_query(encoder, combine_terms(terms), index=points.index)
        )
    except QueryError as error:
        st.warning(plain(str(error)), icon=":material/help:")
        return numbers
    return rank_selection(points, numbers, vector)


def cover_form(chosen: SelectionState | None, count: int) -> None:
    """Pick representative items of the selection or of the whole map."""
    what = "the selection" if chosen is not None else "the map"
    with st.container(horizontal=True, vertical_alignment="bottom", key="map_cover"):
        size = st.number_input(
            f"Representatives of {what}",
            1,
            max(1, min(1000, count)),
            min(_SAMPLE, max(1, count)),
            key="cover_count",
            help=f"Items such that everything in {what} is close to one of them: a sample to look at or to label that "
            "is spread better than a random one.",
        )
        st.button("Pick", type="primary", on_click=choose_cover, args=(int(size), chosen), disabled=not count)


def _heading(atlas: Atlas, titles: list[str], chosen: SelectionState, about: Summary) -> None:
    counts = counted(about.count, "point")
    if chosen.kind == "cluster" and isinstance(chosen.value, int):
        title = f"{plain(titles[chosen.value])}: {counts}"
    elif chosen.kind == "near" and isinstance(chosen.value, int):
        title = f"Nearest to “{plain(atlas.points.texts[chosen.value])}”"
    else:
        title = f"{counts} selected" if chosen.kind == "line" else f"{counts} that represent the rest"
    with st.container(horizontal=True, vertical_alignment="center", wrap=False, key="selection_head"):
        st.markdown(f"#### {title}", width="stretch")
        st.button("Clear the selection", icon=":material/close:", type="tertiary", on_click=choose_nothing)


def _words(encoder: Encoder, atlas: Atlas, chosen: SelectionState, numbers: NDArray[np.int64]) -> None:
    if chosen.kind in ("cover", "near"):
        return
    if chosen.kind == "cluster" and isinstance(chosen.value, int):
        name: ClusterName | None = atlas.names[chosen.value]
    else:
        name = get_cached("explore words", chosen, atlas, lambda: name_selection(encoder, atlas.points, numbers))
    if name is None:
        return
    rest = ", ".join(plain(words) for words in name.runners_up[:4])
    if name.name:
        st.markdown(
            f"In words: **{plain(name.name)}** ({percent(name.confidence)} sure){'; or ' + rest if rest else ''}."
        )
    else:
        st.markdown(f"In words: nothing fits well{'; closest are ' + rest if rest else ''}.")


def _figures(about: Summary) -> None:
    parts = [", ".join(counted_kind(get_modality(kind), count) for kind, count in about.kinds)]
    if about.first is not None and about.last is not None:
        same = about.first == about.last
        parts.append(f"{about.first:%d %b %Y}" + ("" if same else f" to {about.last:%d %b %Y}"))
    folders = [(Path(folder).name or folder, count) for folder, count in about.folders]
    if len(folders) == 1:
        parts.append(f"in the folder {plain(folders[0][0])}")
    st.caption(" · ".join(parts))
    charts = {"folder": folders if len(folders) > 1 else [], "label": about.labels}
    drawn = {of: named for of, named in charts.items() if named}
    if drawn:
        with st.expander("Folders and labels", icon=":material/bar_chart:"):
            for place, (of, named) in zip(st.columns(2), drawn.items(), strict=False):
                figure = count_bars(named, of=of)
                place.plotly_chart(figure, key=f"counts {of}", config={"displayModeBar": False}, alt=f"Items by {of}")


def _tools(
    library: Library,
    encoder: Encoder,
    atlas: Atlas,
    titles: list[str],
    chosen: SelectionState,
    numbers: NDArray[np.int64],
) -> None:
    points = atlas.points
    whole = select_whole_items(points, numbers)
    items = points.items(whole)
    with st.container(horizontal=True, vertical_alignment="bottom", key="selection_tools"):
        if may_change(library):
            _label_box(library, atlas, titles, chosen, numbers)
        st.download_button(
            "Files (zip)",
            data=lambda: _zip(items, _table(atlas, titles, numbers)),
            file_name="selection.zip",
            mime="application/zip",
            icon=":material/folder_zip:",
            disabled=too_large(items),
            on_click="ignore",
            help="The original files, with a table.",
        )
        st.download_button(
            "Table (CSV)",
            data=lambda: _table(atlas, titles, numbers),
            file_name="selection.csv",
            mime="text/csv",
            icon=":material/table:",
            on_click="ignore",
        )
        ids = [item.id for item in items]
        of = titles[chosen.value] if chosen.kind == "cluster" and isinstance(chosen.value, int) else "Selection"
        summary_button(library, encoder, ids, key="selection", of=of)
        export_item_vectors(library, encoder, ids, key="selection")
        if chosen.kind == "cluster" and isinstance(chosen.value, int):
            with st.popover("Rename", icon=":material/edit:"):
                rename_box(chosen.value, titles[chosen.value])


def _table(atlas: Atlas, titles: list[str], numbers: NDArray[np.int64]) -> str:
    groups = [titles[number] if number >= 0 else "" for number in atlas.clusters.labels]
    return selection_csv(atlas.points, numbers, groups, redact=get_policy().display_path)


def _zip(items: Sequence[Item], table: str) -> bytes:
    buffer = io.BytesIO()
    write_files_zip(items, buffer, "selection.csv", table)
    return buffer.getvalue()


def _label_box(
    library: Library, atlas: Atlas, titles: list[str], chosen: SelectionState, numbers: NDArray[np.int64]
) -> None:
    proposed = titles[chosen.value] if chosen.kind == "cluster" and isinstance(chosen.value, int) else ""
    with st.popover("Save as label", icon=":material/sell:"):
        label = st.text_input("Label", value=proposed, max_chars=200, key=f"map label {proposed}").strip()
        task = st.text_input(
            "Task", value="cluster", max_chars=80, key="map_task", help="A set of mutually exclusive labels."
        ).strip()
        count = len(select_whole_items(atlas.points, numbers))
        st.caption(
            f"Labels {counted(count, 'item')}: the page Classify learns from them, and the filter “Label” finds them."
        )
        st.button(
            "Save",
            type="primary",
            disabled=not (label and task),
            on_click=_label,
            args=(library, atlas, numbers, task, label),
        )


def _label(library: Library, atlas: Atlas, numbers: NDArray[np.int64], task: str, label: str) -> None:
    with boundary():
        items = atlas.points.items(select_whole_items(atlas.points, numbers))
        library.put_labels([Label(item.id, task, label, "person") for item in items])
        st.toast(f"{counted(len(items), 'item')}: {plain(label)}")


def _pictures(atlas: Atlas, numbers: NDArray[np.int64], chosen: SelectionState) -> None:
    points = atlas.points
    shown, shown_s = select_whole_items(points, numbers), points.shown_s
    state = get_state(ExploreState)
    if state.shown[0] != chosen:
        state.shown = (chosen, _PAGE)
    sample = shown[: state.shown[1]]
    cards = []
    for number, item in zip(sample, points.items(sample), strict=True):
        time_s = shown_s[number]
        about = f"at {get_modality(item.kind).describe(time_s)}" if time_s is not None else ""
        cards.append(Card(item, time_s=time_s, about=about))
    gallery(cards, key="map_gallery", on_open=open_details, on_like=more_like)
    state.items = [card.item for card in cards]
    if len(shown) > len(sample):
        st.button(f"Show more ({len(shown) - len(sample):,})", on_click=_more, args=(chosen,))


def _more(chosen: SelectionState) -> None:
    state = get_state(ExploreState)
    state.shown = (chosen, state.shown[1] + 2 * _PAGE)
