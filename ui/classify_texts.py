"""Many texts told into classes: a table in which they can be put right, and what to take away."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

import streamlit as st

from core import Encoder
from core.classify import NONE, Classifier, ClassName
from core.classify_items import Told
from ui.classify_items import Chosen
from ui.classify_labels import correct_row, final_answer, labels_of
from ui.classify_learn import learn_panel
from ui.classify_many import csv_button
from ui.page import plain


def show_texts(
    encoder: Encoder,
    chosen: Chosen,
    classes: Sequence[ClassName],
    classifier: Classifier,
    told: Sequence[Told],
    threshold: float,
    task: str,
) -> None:
    """The whole section. told: with the threshold 0."""
    labels = labels_of(None, chosen, task)
    final = [final_answer(each, labels, threshold) for each in told]
    final.sort(key=lambda each: (each.label == NONE, each.label, -each.probability))
    counts = Counter(each.label for each in final)
    st.markdown("#### " + ", ".join(f"{plain(name)} {count:,}" for name, count in counts.most_common(8)))
    with st.container(horizontal=True, vertical_alignment="center", key="class_actions"):
        learn_panel(None, chosen, encoder, classes, task, labels)
        csv_button(final, classifier)
    tools = st.container(horizontal=True, vertical_alignment="center", key="correct")
    ids = _table(final, labels)
    with tools:
        correct_row(None, chosen, task, ids, list(dict.fromkeys([*classifier.names, *counts])))


def _table(final: Sequence[Told], labels: dict[str, str]) -> list[str]:
    """The ids of the ticked rows."""
    rows = [(each.id, each.label, each.id in labels) for each in final]
    key = hashlib.blake2b(repr(rows).encode(), digest_size=8).hexdigest()  # ticks are of rows: other rows, no ticks
    share = {"min_value": 0.0, "max_value": 1.0, "format": "%.2f", "width": "small"}
    state = st.dataframe(
        [
            {
                "class": each.label,
                "text": each.what,
                "probability": each.probability,
                "fits": each.fits,
                "told by": "you" if each.id in labels else "",
            }
            for each in final
        ],
        hide_index=True,
        key=f"told_texts {key}",
        on_select="rerun",
        selection_mode="multi-row",
        column_config={
            "text": st.column_config.TextColumn(width="large"),
            "told by": st.column_config.TextColumn(width="small", help="“you”: what you put right."),
            "probability": st.column_config.ProgressColumn(**share, help="Of the best class, among these classes."),
            "fits": st.column_config.ProgressColumn(**share, help="That the best class describes this at all."),
        },
    )
    return list(dict.fromkeys(final[row].id for row in state["selection"]["rows"]))
