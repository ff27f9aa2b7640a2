"""The classes: an editable table that is stored in the link, or a trained head."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import streamlit as st

from core import Encoder, Library
from core.classify.class_lists import format_classes, join_descriptions, parse_classes, split_descriptions
from core.classify.heads import Head, NumberHead
from core.classify.zero_shot import TEXT_TEMPLATES, Classifier, ClassName, ZeroShot, check_classes
from core.policy import get_policy
from core.search.concepts import forget_concept, list_concepts
from core.search.query import CONCEPT, PLAIN
from ui.classify.heads import head_choice, head_panel
from ui.classify.made_before import made_before
from ui.errors import boundary
from ui.session.cache import embedded_classes
from ui.session.class_table import ClassTableState
from ui.session.current import current_library
from ui.session.encoders import load_encoder
from ui.session.state import get_state
from ui.text import plain

_LINK = "classes"
_LONGEST_LINK = 1_500  # characters of classes in a link
_MOST_LABELS = 20  # as classes: more take long to tell apart at one click
_TALLEST = 282  # pixels of the table
EXAMPLES = {
    "Cats, cups and rockets": "cat\ncup of coffee; a hot drink in a cup\nrocket\nmotorcycle\nperson",
    "Indoors or outdoors": "indoors; a room in a house\noutdoors; a landscape; a street in a town",
    "Topics of texts": "sports\npolitics\ncooking\nscience\ntravel",
}


def class_section(encoder: Encoder) -> tuple[list[ClassName], Head | None]:
    """The table with its tools. Returns its classes, and the trained head that replaces them, if one is chosen."""
    _apply_link()
    head = head_choice(encoder)
    if isinstance(head, NumberHead):
        st.caption(f"Learned ({head.kind}) from items with a number each; predicts **{plain(head.names[0])}**.")
        head_panel(encoder, head)
        return [], head
    if head is not None:
        names = ", ".join(plain(name) for name in head.names[:12])
        more = f" and {len(head.names) - 12:,} more" if len(head.names) > 12 else ""
        st.caption(f"Learned ({head.kind}) from labeled pictures; predicts {names}{more}.")
    classes = _table()
    with st.container(horizontal=True, key="class_tools"):
        _paste()
        _concepts(encoder)
        head_panel(encoder, head)
        made_before(current_library(), encoder)
    _write_link(classes)
    return classes, head


def set_classes(classes: Sequence[ClassName]) -> None:
    """Replaces the rows of the table. For callbacks, or before the table is shown."""
    state = get_state(ClassTableState)
    state.rows = state.classes = list(classes)
    state.turn += 1  # a new table: the edits of the old one are in these rows


def add_class(name: str) -> None:
    """Adds a class to the table, unless it is there. For callbacks."""
    classes = get_state(ClassTableState).classes
    if all(entry.name != name for entry in classes):
        set_classes([*classes, ClassName(name)])


def zero_shot(encoder: Encoder, classes: Sequence[ClassName], *, texts: bool, templates: bool = True) -> ZeroShot:
    """A zero-shot classifier of the classes of a table; only new classes are embedded. Raises QueryError."""
    load_encoder(encoder)
    prompts = (TEXT_TEMPLATES if texts else None) if templates else PLAIN
    rows = check_classes(classes)
    return ZeroShot(encoder, rows, embedded_classes(encoder, rows, prompts), encoder.scoring)


def fingerprint(classifier: Classifier) -> str:
    """Equal for classifiers that make equal predictions."""
    digest = hashlib.blake2b(repr(classifier.names).encode(), digest_size=12)
    if isinstance(classifier, ZeroShot):
        digest.update(repr([entry.negative for entry in classifier.classes]).encode())
        digest.update(classifier.vectors.tobytes())
    elif isinstance(classifier, Head):
        for name in sorted(classifier.arrays):
            digest.update(classifier.arrays[name].tobytes())
    return digest.hexdigest()


def example_buttons(library: Library | None) -> None:
    """Buttons with lists of classes: the labels of a library, and examples."""
    names = library.label_names() if library is not None else []
    with st.container(horizontal=True, key="class_examples"):
        if 1 < len(names) <= _MOST_LABELS:
            classes = [ClassName(name) for name in names]
            st.button("Labels of this library", icon=":material/sell:", on_click=set_classes, args=(classes,))
        for label, text in EXAMPLES.items():
            st.button(label, on_click=set_classes, args=(parse_classes(text),))


def _apply_link() -> None:
    """Takes the rows from the link, once a visit."""
    state = get_state(ClassTableState)
    if not state.is_linked and not state.turn:
        state.is_linked = True
        with boundary():
            set_classes(parse_classes(st.query_params.get(_LINK, "")))


def _table() -> list[ClassName]:
    state = get_state(ClassTableState)
    key = f"class_table {state.turn}"
    if key not in st.session_state:  # the table was not drawn meanwhile, so Streamlit dropped its edits
        state.rows = state.classes
    rows: list[dict[str, Any]] = [
        {"name": entry.name, "descriptions": join_descriptions(entry.descriptions), "negative": entry.negative}
        for entry in state.rows
    ]
    table = st.data_editor(
        rows or [{"name": "", "descriptions": "", "negative": False}],
        num_rows="dynamic",
        hide_index=True,
        height=min(_TALLEST, 35 * (max(len(rows), 1) + 2) + 3),
        key=key,
        column_config={
            "name": st.column_config.TextColumn("Class", width=118, help="A word or two, or concept:NAME."),
            "descriptions": st.column_config.TextColumn(
                "Descriptions", width=168, help="Phrases separated by semicolons. Each counts as much as the name."
            ),
            "negative": st.column_config.CheckboxColumn(
                "None", width=62, help="A class that means “none of these”: items that fit it best are left out."
            ),
        },
        alt="Classes, their descriptions, and whether they mean none of these",
    )
    classes = [
        ClassName((row["name"] or "").strip(), split_descriptions(row["descriptions"]), bool(row["negative"]))
        for row in table
    ]
    classes = [entry for entry in classes if entry.name or entry.descriptions]
    state.classes = classes
    return classes


def _paste() -> None:
    state = get_state(ClassTableState)
    key = f"paste {state.turn}"  # closes once its list is used
    with st.popover("Paste a list", icon=":material/content_paste:", key=key), st.form(f"{key} form", border=False):
        text = st.text_area(
            "One class per line, descriptions after semicolons",
            value=format_classes(state.classes),
            height=180,
            key=f"pasted {state.turn}",
            placeholder="cat; a kitten\ndog\n- people",
            help="A line that starts with “- ” is a class that means “none of these”.",
        )
        if st.form_submit_button("Use this list", type="primary"):
            set_classes(parse_classes(text))
            st.rerun()


def _concepts(encoder: Encoder) -> None:
    names = list(list_concepts(encoder))
    if not names:
        return
    with st.popover("Learned concepts", icon=":material/lightbulb:"):
        name = st.selectbox("Concept", names, key="concept_pick")
        with st.container(horizontal=True):
            st.button("Use as a class", on_click=add_class, args=(CONCEPT + name,), type="primary")
            if get_policy().may_write_shared:
                st.button("Delete", on_click=_forget, args=(encoder, name), icon=":material/delete:")


def _forget(encoder: Encoder, name: str) -> None:
    with boundary():
        forget_concept(encoder, name)
        set_classes([entry for entry in get_state(ClassTableState).classes if entry.name != CONCEPT + name])


def _write_link(classes: Sequence[ClassName]) -> None:
    text = format_classes(classes) if classes else ""
    if len(text) > _LONGEST_LINK:
        st.caption(":material/link_off: There are too many classes for a link: it does not contain them.")
        text = ""
    if not text:
        st.query_params.pop(_LINK, None)
    elif st.query_params.get(_LINK) != text:
        st.query_params[_LINK] = text
