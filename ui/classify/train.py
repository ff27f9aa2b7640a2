"""A head learned from what a person said that items are, which tells from then on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from core import Encoder, Library
from core.classify.training import ClassKind, fit_classes
from core.classify.zero_shot import ClassName
from core.encoders.base import Vectors
from core.library.track import get_item_vectors
from core.search.query import CONCEPT
from ui.button import pressed
from ui.classify.class_table import zero_shot
from ui.classify.heads import choose_head
from ui.classify.source import Selection
from ui.errors import boundary
from ui.jobs.work import run_queued
from ui.text import counted, plain
from ui.widgets.saved_heads import store_head

_WAYS: dict[ClassKind, str] = {"blend": "words and labels (blend)", "probe": "labels alone (probe)"}


def learn_panel(
    library: Library | None,
    chosen: Selection,
    encoder: Encoder,
    classes: Sequence[ClassName],
    task: str,
    labels: dict[str, str],
) -> None:
    """A pop-up that learns a head from a person's labels and lets it tell from then on."""
    counts = Counter(labels.values())
    turn = st.session_state.get("learn_turn", 0)  # the pop-up closes when it has learned
    with st.popover(f"Learn from my labels ({len(labels):,})", icon=":material/school:", key=f"learning {turn}"):
        if counts:
            st.markdown(", ".join(f"{plain(name)} **{count}**" for name, count in counts.most_common(20)))
        if len(counts) < 2:
            st.caption(
                f"Learning needs labels of at least two classes: tick {chosen.noun}s below, say what they are, and "
                "come back. "
                "A handful of each goes a long way."
            )
        way = st.segmented_control(
            "Learn from",
            list(_WAYS),
            default="blend",
            required=True,
            format_func=lambda entry: _WAYS[entry],
            key="learn_way",
            help="The blend begins at the words and moves with the labels; the probe knows the labels alone, and only "
            "the classes that have some.",
        )
        name = st.text_input("Name of what is learned", value=task, key=f"head_name {task}", max_chars=80)
        if pressed("Learn", type="primary", disabled=len(counts) < 2, key="learn"):
            _learn(library, chosen, encoder, classes, labels, way or "blend", name.strip())


def _learn(
    library: Library | None,
    chosen: Selection,
    encoder: Encoder,
    classes: Sequence[ClassName],
    labels: dict[str, str],
    way: ClassKind,
    name: str,
) -> None:
    with boundary(), run_queued("Learning a head"), st.spinner("Learning …"):
        ids, vectors = _get_vectors(library, chosen, encoder, list(labels))
        prototypes = None
        if way == "blend":
            positive = [entry for entry in classes if not entry.negative]
            known = {
                entry.name.removeprefix(CONCEPT) for entry in positive
            }  # who labels by a negative one makes it a class
            more = [ClassName(label) for label in sorted(set(labels.values())) if label not in known]
            prototypes = zero_shot(encoder, [*positive, *more], texts=chosen.texts)
        head = fit_classes(encoder, way, vectors, [labels[entry] for entry in ids], zero_shot=prototypes)
        store_head(head, encoder, name)
        choose_head(name)
        st.session_state["learn_turn"] = st.session_state.get("learn_turn", 0) + 1
        st.toast(f"Learned from {counted(len(ids), 'label')}. It tells from now on.")
        st.rerun()


def _get_vectors(
    library: Library | None, chosen: Selection, encoder: Encoder, ids: Sequence[str]
) -> tuple[list[str], Vectors]:
    if chosen.embedded is not None:
        return chosen.embedded.item_vectors(ids)
    assert library is not None
    return get_item_vectors(library.index(encoder), ids)
