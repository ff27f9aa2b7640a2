"""Predictions for many items: a gallery by class, corrections and export."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence

import streamlit as st

from core import Encoder, Library
from core.classify.export import predictions_csv, write_folders
from core.classify.predict import Prediction
from core.classify.zero_shot import NONE, Classifier, ClassName
from core.media.modalities import PICTURE
from core.policy import get_policy
from core.search.match_text import format_match
from core.share.pages.groups import make_classes_sheet
from ui.classify.adapt import adapt_labels_panel
from ui.classify.class_table import add_class
from ui.classify.labels import correct_row, get_final_label, get_labels, tag_panel
from ui.classify.proposal import proposal_panel
from ui.classify.result_single import MATCH, SHARE, percent
from ui.classify.source import Selection
from ui.classify.train import learn_panel
from ui.components.gallery.gallery import Card, Facts, gallery, tick
from ui.session.libraries import may_change
from ui.text import counted, too_large
from ui.widgets.concept_panel import concept_panel
from ui.widgets.details import open_details, show_details
from ui.widgets.query.box import like_file, more_like
from ui.widgets.save_report import OF_NONE, save_groups
from ui.widgets.sticky import make_sticky

_GALLERY = "class_gallery"
_ALL = "all classes"
_A_GROUP, _GROUPS, _ONE_GROUP = 12, 20, 120  # pictures a group among all, groups among all, pictures of one group
_SHORT = 14  # letters of a class below a picture


def show_many(
    library: Library | None,
    encoder: Encoder,
    chosen: Selection,
    classes: Sequence[ClassName],
    classifier: Classifier,
    predictions: Sequence[Prediction],
    threshold: float,
    task: str,
) -> None:
    """The whole section. predictions: with threshold 0."""
    labels = get_labels(library, chosen, task)
    final = [get_final_label(entry, labels, threshold) for entry in predictions]
    counts = Counter(entry.label for entry in final)
    sample = [name for name in classifier.names if counts[name]]
    others = any(entry.item is not None and entry.item.kind != PICTURE.name for entry in predictions)
    noun = "item" if others else "picture"
    st.markdown(
        f"#### {counted(len(final) - counts[NONE], noun)} in {counted(len(set(counts) - {NONE}), 'class')}, "
        f"{counts[NONE]:,} none of these"
    )
    with st.container(horizontal=True, vertical_alignment="center", key="class_actions"):
        learn_panel(library, chosen, encoder, classes, task, labels)
        if chosen.embedded is None and library is not None and may_change(library):
            tag_panel(library, final, task, labels)
        _export(final, classifier)
        of = library if chosen.embedded is None else None
        _save_page(of, encoder, classifier, final, labels, threshold)
    moved = proposal_panel(library, encoder, chosen, final, labels, threshold, task)
    if chosen.embedded is None and library is not None:
        adapt_labels_panel(library, encoder, task, labels)
    with st.container(horizontal=True, vertical_alignment="bottom", key="class_view"):
        group = _group_choice(counts, sample)
        doubtful = st.toggle("Least certain first", key="doubtful", bind="query-params")
    cards = _cards(final, classifier.names, counts, labels, group, doubtful)
    make_sticky("correct")  # stays visible while pictures are selected
    tools = st.container(horizontal=True, vertical_alignment="center", key="correct")
    stored = chosen.embedded is None
    ids = gallery(
        cards,
        key=_GALLERY,
        on_open=open_details,
        on_like=more_like if stored else like_file,
        selectable=True,
    )
    with tools:
        correct_row(library, chosen, task, ids, list(dict.fromkeys([*classifier.names, *counts])), _GALLERY)
        st.button(
            "None", on_click=tick, args=(_GALLERY, []), disabled=not ids, type="tertiary", help="Clear the selection"
        )
        if stored and library is not None:
            concept_panel(library, encoder, ids, on_saved=add_class)
    show_details((), [*(card.item for card in cards), *moved], stored=stored)


def _group_choice(counts: Counter[str], sample: Sequence[str]) -> str:
    said = [name for name in counts if name not in sample and name != NONE]
    names = [*sorted([*sample, *said], key=lambda name: -counts[name]), *([NONE] if counts[NONE] else [])]
    group = st.selectbox(
        "Show",
        [_ALL, *names],
        key="group",
        bind="query-params",
        format_func=lambda name: name if name == _ALL else f"{name} ({counts[name]:,})",
        width=300,
    )
    return group or _ALL


def _cards(
    predictions: Sequence[Prediction],
    names_of: Sequence[str],
    counts: Counter[str],
    labels: dict[str, str],
    group: str,
    doubtful: bool,
) -> list[Card]:
    """names_of: the classes, as numbered in the predictions."""
    names = sorted(counts, key=lambda name: (name == NONE, -counts[name], name))
    shown = names[:_GROUPS] if group == _ALL else [group]
    limit = _A_GROUP if group == _ALL else _ONE_GROUP
    if len(names) > _GROUPS and group == _ALL:
        st.caption(f"The {_GROUPS} largest of {counted(len(names), 'class')}. Choose another one in “Show”.")
    cards: list[Card] = []
    for name in shown:
        own = [entry for entry in predictions if entry.label == name and entry.item is not None]
        own.sort(key=lambda value: value.probability if doubtful else -value.match)
        more = f", the first {limit}" if len(own) > limit else ""
        section = f"{name} · {len(own):,}{more}"
        for entry in own[:limit]:
            if entry.item is not None:
                nearest = names_of[int(entry.probabilities.argmax())] if name == NONE else ""
                cards.append(Card(entry.item, facts=_facts(entry, labels, nearest), section=section))
    return cards


def _facts(prediction: Prediction, labels: dict[str, str], nearest: str) -> Facts:
    """nearest: the best-matching class of an item that is “none of these”."""
    by_person = prediction.item is not None and prediction.item.id in labels
    name = f"{nearest[:_SHORT].strip()}{'…' if len(nearest) > _SHORT else ''} " if nearest else ""
    return Facts(
        prediction.match,
        "your label" if by_person else name + format_match(prediction.match),
        "You labeled it" if by_person else MATCH,
        f"share {percent(prediction.probability)}",
        SHARE,
    )


def _save_page(
    library: Library | None,
    encoder: Encoder,
    classifier: Classifier,
    predictions: Sequence[Prediction],
    labels: dict[str, str],
    threshold: float,
) -> None:
    """library: None for items of none."""
    name = library.name if library else OF_NONE
    save_groups(
        library,
        encoder,
        lambda: make_classes_sheet(
            predictions, classifier.names, library=name, threshold=threshold, by_person=labels.keys()
        ),
        about=hash((threshold, *((entry.id, entry.label, entry.probability) for entry in predictions), *labels)),
        count=len(predictions),
        key="page of classes",
        name="classes.html",
    )


def _export(predictions: Sequence[Prediction], classifier: Classifier) -> None:
    csv_button(predictions, classifier)
    st.download_button(
        "Folders (zip)",
        data=lambda: _zip(predictions),
        file_name="classes.zip",
        mime="application/zip",
        icon=":material/folder_zip:",
        disabled=too_large(entry.item for entry in predictions if entry.item is not None),
        on_click="ignore",
        help="Copies of the files, one folder per class. “left out.txt” lists unreadable files.",
    )


def csv_button(predictions: Sequence[Prediction], classifier: Classifier) -> None:
    """The download button of the predictions."""
    st.download_button(
        "Table (CSV)",
        data=lambda: predictions_csv(predictions, classifier.names, redact=get_policy().display_path),
        file_name="classes.csv",
        mime="text/csv",
        icon=":material/table:",
        on_click="ignore",
        help="The class of each item and the probability of every class.",
    )


def _zip(predictions: Sequence[Prediction]) -> bytes:
    buffer = io.BytesIO()
    write_folders(predictions, buffer, redact=get_policy().display_path)
    return buffer.getvalue()
