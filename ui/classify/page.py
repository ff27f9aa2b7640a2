"""Classify pictures, videos and texts: zero-shot by words, or with a trained head."""

from __future__ import annotations

import streamlit as st

from core import Encoder, Library
from core.classify.heads import Head, NumberHead
from core.classify.zero_shot import Classifier, ClassName
from core.errors import QueryError
from core.search.relevance import LIKELY
from ui.classify.class_table import class_section, example_buttons, zero_shot
from ui.classify.labels import task_name
from ui.classify.result_single import show_item, show_one
from ui.classify.results_gallery import show_many
from ui.classify.results_numeric import show_values
from ui.classify.results_text import show_texts
from ui.classify.source import Selection, close_one, item_section, predict
from ui.errors import boundary
from ui.jobs.jobs import job_panel
from ui.session.current import current_encoder, current_library
from ui.snippets.sort import classify_lines, value_lines
from ui.text import plain
from ui.widgets.code_block import in_python
from ui.widgets.filters import show_nothing_left
from ui.widgets.query.box import follow_request


def page() -> None:
    follow_request()
    library, encoder = current_library(), current_encoder()
    if library is not None:
        job_panel(library, report=False)
    classes: list[ClassName] = []
    head: Head | None = None
    chosen: Selection | None = None
    left, right = st.columns(2, gap="medium")
    with left, boundary():
        st.subheader("Classes", anchor=False)
        classes, head = class_section(encoder)
    with right, boundary():
        st.subheader("What to classify", anchor=False)
        chosen = item_section(library, encoder)
    if head is None and not classes:
        st.info(
            "Name the classes in the table (one word each is enough), or start with one of these:",
            icon=":material/edit:",
        )
        example_buttons(library)
        if chosen is not None and chosen.open_item is not None:
            show_item(chosen.open_item, stored=chosen.embedded is None)
    elif chosen is not None and isinstance(head, NumberHead):
        back_button(chosen)
        show_values(library, encoder, chosen, head)
        if library is not None and chosen.embedded is None:
            in_python(value_lines(library, encoder, st.session_state["head"], chosen.filters))
    elif chosen is not None:
        try:
            classifier = head or zero_shot(encoder, classes, texts=chosen.texts)
        except QueryError as error:
            st.warning(plain(str(error)), icon=":material/help:")
            return
        answers(library, encoder, chosen, classes, classifier)


def answers(
    library: Library | None, encoder: Encoder, chosen: Selection, classes: list[ClassName], classifier: Classifier
) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="class_lines"):
        threshold = st.slider(
            "Minimum match",
            0.0,
            1.0,
            LIKELY,
            0.01,
            key="fits",
            bind="query-params",
            width=320,
            help="Items whose best match is below this are marked “none of these”.",
        )
        task = task_name() if chosen.open_item is None else ""
    if chosen.open_item is not None:
        back_button(chosen)
        stored = chosen.embedded is None
        if stored and library is not None:
            classifier = classifier.within(library.index(encoder))
        prediction = chosen.open_item.predict(classifier, threshold=0.0)[0]
        show_one(chosen.open_item, prediction, classifier, threshold, stored=stored)
        return
    predictions = predict(library, encoder, chosen, classifier)
    if chosen.texts:
        show_texts(encoder, chosen, classes, classifier, predictions, threshold, task)
    elif predictions:
        show_many(library, encoder, chosen, classes, classifier, predictions, threshold, task)
    else:
        show_nothing_left(chosen.filters)
    if library is not None and chosen.embedded is None:
        head = st.session_state["head"] if isinstance(classifier, Head) else None
        in_python(classify_lines(library, encoder, classes, head, chosen.filters, threshold))


def back_button(chosen: Selection) -> None:
    if chosen.open_item is not None and "item" in st.query_params:
        st.button("Back to all", icon=":material/arrow_back:", on_click=close_one)
