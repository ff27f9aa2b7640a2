"""Training of a head on a person's labels; what it would change is shown before it is used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core import Encoder, Library
from core.classify.training import ClassKind, fit_classes
from core.classify.zero_shot import ClassName
from core.encoders.base import Vectors
from core.encoders.saved_files import get_saved_path
from core.library.track import get_item_vectors
from core.search.query import CONCEPT
from ui.button import pressed
from ui.classify.class_table import zero_shot
from ui.classify.proposal import Proposal, propose
from ui.classify.source import Selection
from ui.errors import boundary
from ui.jobs.work import run_queued
from ui.session.state import get_state
from ui.text import plain

_METHODS: dict[ClassKind, str] = {"blend": "words and labels (blend)", "probe": "labels alone (probe)"}


@dataclass(slots=True)
class TrainState:
    """turn: grows with each training."""

    turn: int = 0


def learn_panel(
    library: Library | None,
    chosen: Selection,
    encoder: Encoder,
    classes: Sequence[ClassName],
    task: str,
    labels: dict[str, str],
) -> None:
    """A pop-up that trains a head on a person's labels and proposes it."""
    counts = Counter(labels.values())
    turn = get_state(TrainState).turn  # the pop-up closes after training
    with st.popover(f"Train on my labels ({len(labels):,})", icon=":material/school:", key=f"learning {turn}"):
        if counts:
            st.markdown(", ".join(f"{plain(name)} **{count}**" for name, count in counts.most_common(20)))
        if len(counts) < 2:
            st.caption(
                f"Training needs labels of at least two classes: select {chosen.noun}s below and correct their labels. "
                "A few per class are enough to start."
            )
        method = st.segmented_control(
            "Train on",
            list(_METHODS),
            default="blend",
            required=True,
            format_func=lambda entry: _METHODS[entry],
            key="learn_way",
            help="The blend starts from the words and moves with the labels. The probe uses the labels alone, so it "
            "knows labeled classes only.",
        )
        name = st.text_input("Name of the head", value=task, key=f"head_name {task}", max_chars=80)
        if pressed("Train", type="primary", disabled=len(counts) < 2, key="learn"):
            _learn(library, chosen, encoder, classes, labels, method or "blend", name.strip(), task)


def _learn(
    library: Library | None,
    chosen: Selection,
    encoder: Encoder,
    classes: Sequence[ClassName],
    labels: dict[str, str],
    method: ClassKind,
    name: str,
    task: str,
) -> None:
    with boundary(), run_queued("Training a head"), st.spinner("Training …"):
        ids, vectors = _get_vectors(library, chosen, encoder, list(labels))
        get_saved_path("heads", encoder, name)  # says what is wrong with the name before the work
        positive = [entry for entry in classes if not entry.negative]
        known = {entry.name.removeprefix(CONCEPT) for entry in positive}  # a negative one with labels is a class
        more = [ClassName(label) for label in sorted(set(labels.values())) if label not in known]
        words = zero_shot(encoder, [*positive, *more], texts=chosen.texts)
        if chosen.embedded is None and library is not None:
            words = words.within(library.index(encoder))
        head = fit_classes(encoder, method, vectors, [labels[entry] for entry in ids], zero_shot=words)
        propose(Proposal(head, name, task, len(ids), chosen.texts))
        get_state(TrainState).turn += 1
        st.rerun()


def _get_vectors(
    library: Library | None, chosen: Selection, encoder: Encoder, ids: Sequence[str]
) -> tuple[list[str], Vectors]:
    if chosen.embedded is not None:
        return chosen.embedded.item_vectors(ids)
    assert library is not None
    return get_item_vectors(library.index(encoder), ids)
