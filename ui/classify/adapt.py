"""Adapting the encoder to a person's labels."""

from __future__ import annotations

import streamlit as st

from core import Encoder, Library
from ui.errors import boundary
from ui.session.libraries import may_change
from ui.widgets.adapt_panel import adapt_section, explain_adapting
from ui.widgets.code_block import in_python, opening


def adapt_labels_panel(library: Library, encoder: Encoder, task: str, labels: dict[str, str]) -> None:
    """The expander below the actions; nothing for libraries that the visitor may not change."""
    if not may_change(library):
        return
    opened = st.expander(
        "Adapt the encoder to my labels", icon=":material/tune:", key="adapt labels", on_change="rerun"
    )  # which remembers that it is open while the page runs again and again during the work
    with opened, boundary():
        st.caption(
            "A head learns these classes and nothing else. An adapted encoder moves pictures and words so that search, "
            "classes, map and clusters follow your labels, and everything else stays where it is. It becomes an "
            "encoder of its own in the sidebar."
        )
        why = explain_adapting(encoder)
        if why is None and len(set(labels.values())) < 2:
            why = "Adapting needs your labels of at least two classes: three or more pictures of each are a good start."
        if why is not None:
            st.info(why, icon=":material/tune:")
            return
        adapt_section(library, encoder, name=task, labels=labels, key="labels")
        in_python(
            f"""{opening(library, encoder)}
from core.adapt import adapt_library, store_adapted

labels = {{label.item_id: label.label for label in library.labels({task!r}) if label.by == "person"}}
found = adapt_library(library, encoder, {task!r}, labels=labels)
print(found.gains, found.others)
adapted = store_adapted(library, encoder, found.adapter)  # open_encoder(adapted.name) opens it again
"""
        )
