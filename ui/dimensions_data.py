"""What else dimensions are measured by, where a visitor has it: captions in a table, labels."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core import Encoder, Library
from ui.lab_data import items_of, labels_section, table_of, tell_unknown
from ui.page import counted


@dataclass(frozen=True)
class Known:
    """What is known of items, by id: captions, any number each, and a label each."""

    captions: tuple[tuple[str, str], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()


def known_section(library: Library, encoder: Encoder) -> Known:
    """Captions and labels, both optional. Raises DataError."""
    with st.expander("Captions and labels: measure searching and classifying too", icon=":material/sell:"):
        st.caption("Neighbours need nothing but the library. Whether searches still find is told by captions that are "
                   "known to describe a picture, and whether classes are still told by labels.")  # fmt: skip
        return Known(_captions(library, encoder), _labels(library, encoder))


def _captions(library: Library, encoder: Encoder) -> tuple[tuple[str, str], ...]:
    table = table_of("captions_csv", "Captions, a CSV: path or file name, then a caption; a file may have several rows")
    if table is None:
        return ()
    names = list(table.columns)
    first = names.index("caption") if "caption" in names else 0
    name = st.selectbox("Column of the captions", names, first, key="caption_column") if len(names) > 1 else names[0]
    pairs, unknown = table.pairs(name, items_of(library, encoder))
    tell_unknown(sorted(set(unknown)))
    st.caption(f"{counted(len(pairs), 'caption')} of {counted(len({each for each, _ in pairs}), 'item')}")
    return tuple(pairs)


def _labels(library: Library, encoder: Encoder) -> tuple[tuple[str, str], ...]:
    data = labels_section(library, encoder, otherwise="none")
    if data is None:
        return ()
    return tuple((item.id, label) for item, label in zip(data.items, data.labels, strict=True))
