"""What is to be told: this library, a folder, uploads, texts, a snapshot, or one picture of these."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass

import streamlit as st

from core import Encoder, Filters, Library
from core.classify.embedded_set import EmbeddedSet, embed_texts_set
from core.classify.predict import Prediction, classify_library
from core.classify.zero_shot import Classifier
from core.library.public.keyed_ids import seal, unseal
from core.library.track import track_of
from core.policy import get_policy
from core.progress import Task
from ui.classify.class_table import fingerprint
from ui.classify.upload import camera, folder, uploads
from ui.jobs.work import run_queued
from ui.session.cache import get_cached
from ui.session.encoders import load_encoder
from ui.session.libraries import library_facts
from ui.session.state import get_state
from ui.text import counted, file_table, plain
from ui.widgets.filters import filter_panel, items_with_label
from ui.widgets.page_start import no_library
from ui.widgets.query.box import QueryState

_MANY = 500  # more texts wait for their turn in the queue
SOURCES = ("library", "folder", "uploads", "texts", "camera")


@dataclass(frozen=True)
class Selection:
    """The items to classify: those of the library within `filters`, or an `embedded` set.

    open_item: the one item to show alone. texts: whether they are texts.
    """

    filters: Filters
    embedded: EmbeddedSet | None = None
    open_item: EmbeddedSet | None = None
    texts: bool = False

    @property
    def noun(self) -> str:
        """The word for one item."""
        return "text" if self.texts else "picture"


def item_section(library: Library | None, encoder: Encoder) -> Selection | None:
    """The choice of items; None while there is nothing to classify."""
    query = get_state(QueryState)
    if query.to_classify is not None:
        item_id, query.to_classify = query.to_classify, None
        open_one(item_id)
    sources = [entry for entry in SOURCES if entry != "folder" or get_policy().may_see_paths]
    source = st.segmented_control(
        "Items from", sources, default=sources[0], required=True, key="from", bind="query-params"
    )
    if source == "library":
        return _of_library(library, encoder)
    if source == "texts":
        return _texts(encoder)
    embedded_set = {"folder": folder, "uploads": uploads}.get(source or "", camera)(encoder)
    if embedded_set is None:
        return None
    if embedded_set.failed:
        with st.expander(f"{counted(len(embedded_set.failed), 'file')} could not be read", icon=":material/report:"):
            file_table(embedded_set.failed, key="gather_failed")
    if not len(embedded_set):
        why = "Nothing here could be read" if embedded_set.failed else "There are no pictures or videos here"
        st.info(f"{why}: choose other files.", icon=":material/broken_image:")
        return None
    return Selection(Filters(), embedded_set, _opened(embedded_set))


def open_one(item_id: str) -> None:
    """Shows one item alone. For callbacks, or before the page is drawn."""
    st.query_params["item"] = seal(item_id)


def close_one() -> None:
    """Back to all items. For callbacks."""
    st.query_params.pop("item", None)


def _of_library(library: Library | None, encoder: Encoder) -> Selection | None:
    if library is None:
        no_library("There is no library yet. You can classify files, texts and snapshots without one.")
        return None
    item_id = unseal(st.query_params.get("item", ""))
    if item_id:
        item, track = library.item(item_id), track_of(library.index(encoder), item_id)
        if item is not None and len(track):
            return Selection(Filters(), open_item=EmbeddedSet((item.path,), (track,), (item,)))
        st.warning("The picture of the link is not in this library, or it has no vector of this encoder.")
        close_one()
    facts = library_facts(library, encoder)
    if not facts.searchable:
        st.info(f"{plain(library.name)} has no searchable pictures or videos yet.", icon=":material/photo_library:")
        st.page_link("pages/library.py", label="Open the page Library", icon=":material/arrow_forward:")
        return None
    with st.container(horizontal=True, vertical_alignment="center", key="class_filters"):
        filters = filter_panel(library, encoder, None)
        st.caption(f"{facts.searchable} of {plain(library.name)}", width="content")
    return Selection(filters)


def _texts(encoder: Encoder) -> Selection | None:
    text = st.text_area(
        "Texts, one per line",
        key="class_texts",
        height=160,
        placeholder="The striker scored twice in the second half.\nSimmer the onions until they are soft.",
    )
    lines = tuple(line.strip() for line in text.splitlines() if line.strip())
    if not lines:
        return None
    load_encoder(encoder)

    def embed() -> EmbeddedSet:
        bar = st.progress(0.0, text="Reading the texts …")
        with run_queued("Reading texts") if len(lines) > _MANY else nullcontext():
            found = embed_texts_set(encoder, lines, task=Task(lambda now: bar.progress(now.fraction)))
        bar.empty()
        return found

    embedded_set = get_cached("texts", lines, encoder, embed)
    return Selection(Filters(), embedded_set, embedded_set if len(embedded_set) == 1 else None, texts=True)


def _opened(embedded_set: EmbeddedSet) -> EmbeddedSet | None:
    if len(embedded_set) == 1:
        return embedded_set
    target = unseal(st.query_params.get("item", ""))
    for number, item in enumerate(embedded_set.items):
        if item is not None and item.id == target:
            return EmbeddedSet((item.path,), (embedded_set.tracks[number],), (item,))
    return None


_MANY_ITEMS = 5_000  # more vectors wait for their turn in the queue


def predict(
    library: Library | None, encoder: Encoder, chosen: Selection, classifier: Classifier, *, slot: str = "told"
) -> list[Prediction]:
    """All predictions with threshold 0, computed once per classifier and set of items. slot: what caches the last."""
    if chosen.embedded is not None:
        embedded_set = chosen.embedded
        return get_cached(
            slot, fingerprint(classifier), embedded_set, lambda: embedded_set.predict(classifier, threshold=0.0)
        )
    assert library is not None
    key = (fingerprint(classifier), chosen.filters, items_with_label(library, chosen.filters))
    index = library.index(encoder)

    def compute() -> list[Prediction]:
        with run_queued("Classifying the library") if len(index) > _MANY_ITEMS else nullcontext():
            return classify_library(library, encoder, classifier, filters=chosen.filters, threshold=0.0)

    return get_cached(slot, key, index, compute)
