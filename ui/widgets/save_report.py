"""Saves a page's results, moments, map or groups as one HTML file, created in the background."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from core import Encoder, Hit, Library
from core.explore.atlas import Atlas, AtlasRequest
from core.search.passages.search import PassageHit
from core.search.videos import VideoHit
from core.share.pages.groups import MOST_IN_GROUPS, Sheet, groups_page
from core.share.pages.map import MOST_PICTURES, map_page
from core.share.pages.moments import MOST_MOMENTS, moments_page
from core.share.pages.search import MOST_HITS, Answer, search_page
from ui.errors import boundary
from ui.jobs.jobs import Work
from ui.jobs.tasks import task_button
from ui.session.encoders import encoder_name
from ui.text import size_text
from ui.widgets.filters import filter_text

_LAYOUTS = {"umap": "UMAP", "pca": "PCA", "tsne": "t-SNE"}
OF_NONE = "your files"  # instead of a library's name
_ABOUT = "One HTML file with pictures that opens in any browser, also offline. It contains file names, but no folders."


def save_results(library: Library, encoder: Encoder, query: str, limits: str, hits: Sequence[Hit]) -> None:
    """The pop-up that saves the visible hits as a page. query, limits: plain text."""
    answers = [
        Answer(
            hit.item, hit.score, hit.relevance, hit.likely, _times(hit), hit.judged, hit.copy,
            hit.passage if isinstance(hit, PassageHit) else None, hit.caption,
        )
        for hit in hits
    ]  # fmt: skip
    more = {"Filters": limits} if limits else {}
    named = {"query": query, "library": library.name, "encoder": encoder_name(encoder.name), "more": more}
    about = (str(library.path), encoder.id, query, limits, tuple(hit.item.id for hit in hits))
    note = f"The first {MOST_HITS} results." if len(hits) > MOST_HITS else ""
    _pop_up("page of results", lambda: _searched(answers, named), about, "results.html", note)


def save_moments(
    library: Library, encoder: Encoder, query: str, hits: Sequence[VideoHit], more: Mapping[str, str]
) -> None:
    """The pop-up that saves videos and their moments as a page. query: plain text; more: facts of the search."""
    named = {"query": query, "library": library.name, "encoder": encoder_name(encoder.name), "more": more}
    about = (str(library.path), encoder.id, query, *more.values(), *((hit.item.id, hit.moments) for hit in hits))
    note = f"The first {MOST_MOMENTS} moments." if sum(len(hit.moments) for hit in hits) > MOST_MOMENTS else ""
    _pop_up("page of moments", lambda: _moments(hits, named), about, "moments.html", note)


def save_map(library: Library, encoder: Encoder, request: AtlasRequest, atlas: Atlas, titles: list[str]) -> None:
    """The pop-up that saves a map and its clusters as a page."""
    limits = filter_text(request.filters)
    named = {
        "library": library.name,
        "encoder": encoder_name(encoder.name),
        "layout": _LAYOUTS[request.layout] + (", seen from the front" if atlas.places.shape[1] == 3 else ""),
        "more": {"Filters": limits} if limits else {},
    }
    about = (str(library.path), encoder.id, request, tuple(titles))
    note = f"Up to {MOST_PICTURES} points show a picture on hover."
    _pop_up("page of map", lambda: _mapped(atlas, titles, named), about, "map.html", note)


def save_groups(
    library: Library | None,
    encoder: Encoder,
    sheet: Callable[[], Sheet],
    *,
    about: object,
    count: int,
    key: str,
    name: str,
) -> None:
    """The pop-up that saves items in groups as a page.

    library: None for files outside a library. sheet: makes the content of `count` items; about: what it depends on.
    name: of the file.
    """
    named = {"library": library.name if library else OF_NONE, "encoder": encoder_name(encoder.name)}
    note = f"{MOST_IN_GROUPS:,} of {count:,} pictures: the first of each group." if count > MOST_IN_GROUPS else ""
    place = str(library.path) if library else ""
    _pop_up(key, lambda: _grouped(sheet, named), (place, encoder.id, about), name, note)


def _pop_up(key: str, work: Callable[[], Work[bytes]], about: object, name: str, note: str) -> None:
    with st.popover("Save as web page", icon=":material/article:", key=f"save {key}"), boundary():
        st.caption(f"{_ABOUT} {note}")
        data = task_button(
            key, "Create the page", work(), title="Creating the page", about=about, icon=":material/article:"
        )
        if data is not None:
            st.download_button(
                f"Download ({size_text(len(data))})",
                data=data,
                file_name=name,
                mime="text/html",
                icon=":material/download:",
                type="primary",
                on_click="ignore",
                key=f"download {key}",
            )


def _searched(answers: Sequence[Answer], named: dict) -> Work[bytes]:
    return lambda task: search_page(answers, **named, task=task).encode()


def _moments(hits: Sequence[VideoHit], named: dict) -> Work[bytes]:
    return lambda task: moments_page(hits, **named, task=task).encode()


def _grouped(sheet: Callable[[], Sheet], named: dict) -> Work[bytes]:
    return lambda task: groups_page(sheet(), **named, task=task).encode()


def _mapped(atlas: Atlas, titles: list[str], named: dict) -> Work[bytes]:
    return lambda task: map_page(atlas, titles, **named, task=task).encode()


def _times(hit: Hit) -> tuple[float, float, float] | None:
    if hit.start_s is None or hit.end_s is None or hit.shown_s is None or isinstance(hit, PassageHit):
        return None
    return hit.start_s, hit.end_s, hit.shown_s
