"""A trained head before it is used: what it would change, Apply and Discard, and Undo afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core import Encoder, Item, Library
from core.classify.changes import Changes, Move, compare_predictions
from core.classify.heads import ClassHead, Head
from core.classify.predict import Prediction
from core.search.match_text import format_match
from ui.classify.heads import choose_head
from ui.classify.labels import get_final_label
from ui.classify.result_single import SHARE, percent
from ui.classify.source import Selection, predict
from ui.components.gallery.gallery import Card, Facts, gallery
from ui.errors import boundary
from ui.session.heads import get_head, remove_head, store_head
from ui.session.state import get_state
from ui.text import counted, plain
from ui.widgets.details import open_details
from ui.widgets.query.box import like_file, more_like

_MOST = 48  # moved pictures that are shown


@dataclass(frozen=True)
class Proposal:
    """A head that waits for Apply or Discard. task, labels: of what it learned, and how many. of_texts: from texts."""

    head: ClassHead
    name: str
    task: str
    labels: int
    of_texts: bool


@dataclass(frozen=True)
class Applied:
    """What Undo needs. replaced: the head that had this name before. chosen: the head that was in use, if any."""

    encoder_id: str
    name: str
    replaced: Head | None
    chosen: str | None


@dataclass(slots=True)
class ProposalState:
    """The head that waits, and the last that was applied."""

    waiting: Proposal | None = None
    applied: Applied | None = None


def propose(proposal: Proposal) -> None:
    """Shows from the next run on what a head would change."""
    get_state(ProposalState).waiting = proposal


def proposal_panel(
    library: Library | None,
    encoder: Encoder,
    chosen: Selection,
    before: Sequence[Prediction],
    labels: dict[str, str],
    threshold: float,
    task: str,
) -> list[Item]:
    """What the waiting head would change, if one waits for these items; else Undo, if the last one is in use.

    before: the predictions in use, with their final labels. Returns the items that it shows.
    """
    state = get_state(ProposalState)
    waiting = state.waiting
    if waiting is None or waiting.head.encoder_id != encoder.id:
        _undo_button(encoder)
        return []
    if (waiting.task, waiting.of_texts) != (task, chosen.texts):
        return []
    predicted = predict(library, encoder, chosen, waiting.head, slot="proposed")
    after = [get_final_label(entry, labels, threshold) for entry in predicted]
    changes = compare_predictions(before, after)
    with st.container(border=True, key="proposal"):
        _show_counts(changes, waiting, chosen)
        with st.container(horizontal=True, key="proposal_actions"):
            st.button("Apply", type="primary", icon=":material/check:", on_click=_apply, args=(encoder,))
            st.button("Discard", icon=":material/close:", on_click=_discard)
        _show_moves(changes, chosen)
    return [move.after.item for move in changes.moves[:_MOST] if move.after.item is not None]


def _show_counts(changes: Changes, waiting: Proposal, chosen: Selection) -> None:
    moved = counted(len(changes.moves), "text" if chosen.texts else "item")
    st.markdown(f"**Trained on {counted(waiting.labels, 'label')}. With this head, {moved} would change class:**")
    st.markdown(
        " · ".join(
            f"{plain(entry.name)} {entry.before:,}"
            + (f" → **{entry.after:,}**" if entry.after != entry.before else " (unchanged)")
            for entry in changes.classes
        )
    )


def _show_moves(changes: Changes, chosen: Selection) -> None:
    if chosen.texts:
        if changes.moves:
            rows = [
                {"text": move.after.source, "now": move.before, "would be": move.after.label} for move in changes.moves
            ]
            st.dataframe(rows, hide_index=True, key="moved_texts")
        return
    if len(changes.moves) > _MOST:
        st.caption(f"The first {_MOST} of {len(changes.moves):,}.")
    gallery(
        _cards(changes.moves),
        key="moved_gallery",
        on_open=open_details,
        on_like=more_like if chosen.embedded is None else like_file,
    )


def _cards(moves: Sequence[Move]) -> list[Card]:
    pairs = Counter((move.before, move.after.label) for move in moves)
    return [
        Card(move.after.item, facts=_facts(move), section=f"{move.before} → {move.after.label} · {pair_count:,}")
        for move in moves[:_MOST]
        if move.after.item is not None
        for pair_count in [pairs[move.before, move.after.label]]
    ]


def _facts(move: Move) -> Facts:
    after = move.after
    return Facts(
        after.match,
        format_match(after.match),
        "Estimated probability that the item belongs to its class, with the new head",
        f"share {percent(after.probability)}",
        SHARE,
    )


def _apply(encoder: Encoder) -> None:
    state = get_state(ProposalState)
    waiting = state.waiting
    if waiting is None:
        return
    with boundary():
        applied = Applied(encoder.id, waiting.name, get_head(encoder, waiting.name), st.session_state.get("head"))
        store_head(waiting.head, encoder, waiting.name)
        choose_head(waiting.name)
        state.waiting, state.applied = None, applied
        st.toast(f"{plain(waiting.name)} is now in use.")


def _discard() -> None:
    get_state(ProposalState).waiting = None


def _undo_button(encoder: Encoder) -> None:
    applied = get_state(ProposalState).applied
    if applied is None or (applied.encoder_id, applied.name) != (encoder.id, st.session_state.get("head")):
        return
    st.button(
        "Undo training",
        icon=":material/undo:",
        on_click=_undo,
        args=(encoder, applied),
        help=f"Goes back to what was in use before {plain(applied.name)}. Your labels stay.",
    )


def _undo(encoder: Encoder, applied: Applied) -> None:
    with boundary():
        if applied.replaced is None:
            remove_head(encoder, applied.name)
        else:
            store_head(applied.replaced, encoder, applied.name)
        choose_head(applied.chosen)
        get_state(ProposalState).applied = None
        st.toast("The training was undone. Your labels are still there.")
