"""Optional ground truth to measure dimensions by: captions and labels."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core import Encoder, Item, Library
from core.library.labels import get_name_captions
from ui.text import counted, plain
from ui.widgets.label_source import get_items, labels_section, report_unknown, upload_table

_STORED = "the library"  # captions of a data set, see `core.share.hf_datasets.ingest`
_WAYS = ("none", "file names", "a CSV")


@dataclass(frozen=True)
class GroundTruth:
    """(item id, caption) pairs, any number per item, and (item id, label) pairs, one per item."""

    captions: tuple[tuple[str, str], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()


def known_section(library: Library, encoder: Encoder) -> GroundTruth:
    """Captions and labels, both optional. Raises DataError."""
    with st.expander("Captions and labels: also measure search and classification", icon=":material/sell:"):
        st.caption("Captions measure search quality; labels measure classification. Neighbors need neither.")
        return GroundTruth(captions_section(library, encoder), _labels(library, encoder))


def captions_section(library: Library, encoder: Encoder, *, place: str = "") -> tuple[tuple[str, str], ...]:
    """(item id, caption) pairs; empty while there are none. Raises DataError.

    place: before the keys of its widgets, where a page has a second section; its choice is then not in the link.
    """
    captions = library.captions()
    ways = (_WAYS[0], _STORED, *_WAYS[1:]) if captions else _WAYS
    way = st.segmented_control(
        "Captions from", ways, default=_WAYS[0], required=True, key=f"{place}captions_from",
        bind=None if place else "query-params",
        help="A caption is a sentence or a few words that describe a picture. Descriptive file names work too, such as "
        "a dog on the beach.jpg.",
    )  # fmt: skip
    if way == _WAYS[0]:
        return ()
    items = get_items(library, encoder)
    if way == _STORED:
        ids = {item.id for item in items}
        pairs: list[tuple[str, str]] | None = [(item_id, caption) for item_id, caption in captions if item_id in ids]
    else:
        pairs = _read_csv(items, place) if way == "a CSV" else get_name_captions(items)
    if pairs is None:
        return ()
    example = f", such as “{plain(pairs[0][1])}”" if pairs else ""
    st.caption(
        f"{counted(len(pairs), 'caption')} of {counted(len({item_id for item_id, _ in pairs}), 'item')}{example}"
    )
    return tuple(pairs)


def _read_csv(items: list[Item], place: str) -> list[tuple[str, str]] | None:
    table = upload_table(
        f"{place}captions_csv", "CSV of captions: path or file name, then a caption; a file may have several rows"
    )
    if table is None:
        return None
    names = list(table.columns)
    first = names.index("caption") if "caption" in names else 0
    name = (
        st.selectbox("Column of the captions", names, first, key=f"{place}caption_column")
        if len(names) > 1
        else names[0]
    )
    pairs, unknown = table.pairs(name, items)
    report_unknown(sorted(set(unknown)))
    return pairs


def _labels(library: Library, encoder: Encoder) -> tuple[tuple[str, str], ...]:
    data = labels_section(library, encoder, otherwise="none")
    if data is None:
        return ()
    return tuple((item.id, label) for item, label in zip(data.items, data.labels, strict=True))
