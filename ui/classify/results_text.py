"""Predictions for many texts: a table with corrections and export."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

import streamlit as st

from core import Encoder
from core.classify.predict import Prediction
from core.classify.zero_shot import NONE, Classifier, ClassName
from ui.classify.labels import correct_row, get_final_label, get_labels
from ui.classify.proposal import proposal_panel
from ui.classify.results_gallery import csv_button
from ui.classify.source import Selection
from ui.classify.train import learn_panel
from ui.text import plain


def show_texts(
    encoder: Encoder,
    chosen: Selection,
    classes: Sequence[ClassName],
    classifier: Classifier,
    predictions: Sequence[Prediction],
    threshold: float,
    task: str,
) -> None:
    """The whole section. predictions: with threshold 0."""
    labels = get_labels(None, chosen, task)
    final = [get_final_label(entry, labels, threshold) for entry in predictions]
    final.sort(key=lambda value: (value.label == NONE, value.label, -value.probability))
    counts = Counter(entry.label for entry in final)
    st.markdown("#### " + ", ".join(f"{plain(name)} {count:,}" for name, count in counts.most_common(8)))
    with st.container(horizontal=True, vertical_alignment="center", key="class_actions"):
        learn_panel(None, chosen, encoder, classes, task, labels)
        csv_button(final, classifier)
    proposal_panel(None, encoder, chosen, final, labels, threshold, task)
    tools = st.container(horizontal=True, vertical_alignment="center", key="correct")
    ids = _table(final, labels)
    with tools:
        correct_row(None, chosen, task, ids, list(dict.fromkeys([*classifier.names, *counts])))


def _table(final: Sequence[Prediction], labels: dict[str, str]) -> list[str]:
    """The ids of the selected rows."""
    rows = [(entry.id, entry.label, entry.id in labels) for entry in final]
    key = hashlib.blake2b(repr(rows).encode(), digest_size=8).hexdigest()  # a selection belongs to its rows
    share: dict[str, Any] = {"min_value": 0.0, "max_value": 1.0, "format": "%.2f", "width": "small"}
    state = st.dataframe(
        [
            {
                "class": entry.label,
                "text": entry.source,
                "match": entry.match,
                "share": entry.probability,
                "labeled by": "you" if entry.id in labels else "",
            }
            for entry in final
        ],
        hide_index=True,
        key=f"told_texts {key}",
        on_select="rerun",
        selection_mode="multi-row",
        column_config={
            "text": st.column_config.TextColumn(width="large"),
            "labeled by": st.column_config.TextColumn(width="small", help="“you”: you corrected it."),
            "match": st.column_config.ProgressColumn(
                **share, help="Estimated probability that the class describes it."
            ),
            "share": st.column_config.ProgressColumn(**share, help="Share of its class among these classes."),
        },
    )
    return list(dict.fromkeys(final[row].id for row in state["selection"]["rows"]))
