"""The labels of an item, edited where it is shown."""

from __future__ import annotations

import streamlit as st

from core import Item, Library
from core.library import Label
from core.library.public.keyed_ids import seal
from ui.errors import boundary
from ui.session.libraries import may_change
from ui.text import plain

_TASK = "label"  # of what is typed here without saying of what kind it is
_MOST = 80  # letters


def show_item_labels(library: Library, item: Item) -> None:
    """Its labels, one field a task: what is typed there is stored, and an emptied one is removed."""
    labels = {label.task: label for label in library.labels() if label.item_id == item.id}
    if not may_change(library):
        for task, label in labels.items():
            st.markdown(f"{plain(task)}: **{plain(label.label)}**")
        return
    for task in [*labels, *([] if _TASK in labels else [_TASK])]:
        key = f"label {seal(item.id)} {task}"
        st.text_input(
            task.capitalize(),
            labels[task].label if task in labels else "",
            key=key,
            max_chars=_MOST,
            placeholder="none yet",
            on_change=_put,
            args=(library, item, task, key),
        )


def _put(library: Library, item: Item, task: str, key: str) -> None:
    label = (st.session_state[key] or "").strip()
    with boundary():
        if label:
            library.put_labels([Label(item.id, task, label, "person")])
        else:
            library.remove_labels(task, item_ids=[item.id])
