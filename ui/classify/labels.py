"""Labels of a person and of a model: stored in the library per task, or for the visit only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import streamlit as st

from core import Library
from core.classify.predict import Prediction
from core.classify.zero_shot import NONE
from core.library.schema import Label
from ui.classify.result_single import answer
from ui.classify.source import Selection
from ui.components.gallery.gallery import tick
from ui.errors import boundary
from ui.session.libraries import may_change
from ui.session.state import get_state
from ui.text import counted, plain

_OPEN_LINKS = 12


@dataclass(slots=True)
class LabelState:
    """labels: of this visit, by (path of the library or None, task), then by `Prediction.id`."""

    labels: dict[tuple[str | None, str], dict[str, str]] = field(default_factory=dict)


def task_name() -> str:
    """The task that labels belong to, from a text box that is stored in the link."""
    name = st.text_input(
        "Task",
        value="classes",
        max_chars=80,
        key="task",
        bind="query-params",
        width=180,
        help="A task is one set of classes that exclude each other. A picture has one label per task.",
    )
    return name.strip() or "classes"


def get_labels(library: Library | None, chosen: Selection, task: str) -> dict[str, str]:
    """{`Prediction.id`: label of a person}. Those of uploads, texts and read-only libraries last for the visit."""
    if chosen.embedded is not None:
        labels = _get_labels(None, task)
        return {item_id: labels[item_id] for item_id in chosen.embedded.ids if item_id in labels}
    assert library is not None
    if not may_change(library):
        return dict(_get_labels(library, task))
    return {entry.item_id: entry.label for entry in library.labels(task) if entry.by == "person"}


def get_final_label(prediction: Prediction, labels: dict[str, str], threshold: float) -> Prediction:
    """The prediction, made with threshold 0, with its final label: a person's label comes before the threshold."""
    label = labels.get(prediction.id)
    return replace(prediction, label=answer(prediction, threshold) if label is None else label)


def correct_row(
    library: Library | None,
    chosen: Selection,
    task: str,
    ids: Sequence[str],
    names: Sequence[str],
    gallery: str | None = None,
) -> None:
    """The row that corrects the label of the selection. gallery: its key, if a correction clears its selection."""
    about = "Saves your label. Training and the search filter use it."
    if chosen.embedded is not None or (library is not None and not may_change(library)):
        about = "Saves your label for this visit. Training and the CSV table use it."
    st.markdown(f"**{len(ids):,} selected**", width="content")
    st.selectbox(
        "New label",
        list(dict.fromkeys([*names, NONE])),
        index=None,
        key="these_are",
        placeholder="New label …",
        accept_new_options=True,
        label_visibility="collapsed",
        width=230,
    )
    ready = bool(ids) and bool(st.session_state.get("these_are"))
    st.button(
        "Correct label",
        type="primary",
        icon=":material/check:",
        disabled=not ready,
        on_click=_put,
        args=(library, chosen, task, list(ids), gallery),
        help=about,
    )


def _put(library: Library | None, chosen: Selection, task: str, ids: list[str], gallery: str | None) -> None:
    label = (st.session_state["these_are"] or "").strip()
    with boundary():
        if chosen.embedded is not None:
            _get_labels(None, task).update(dict.fromkeys(ids, label))
        elif library is not None and not may_change(library):
            _get_labels(library, task).update(dict.fromkeys(ids, label))
        elif library is not None:
            library.put_labels([Label(item_id, task, label, "person") for item_id in ids])
        if gallery is not None:
            tick(gallery, [])
        st.session_state["these_are"] = None  # the next ones may be something else
        st.toast(f"{counted(len(ids), chosen.noun)}: {plain(label)}")


def _get_labels(library: Library | None, task: str) -> dict[str, str]:
    """What is remembered for the visit, by `Told.id`. library: None for what is of none."""
    key = (str(library.path) if library is not None else None, task)
    return get_state(LabelState).labels.setdefault(key, {})


def tag_panel(library: Library, predictions: Sequence[Prediction], task: str, labels: dict[str, str]) -> None:
    """A pop-up that saves the predictions as labels by a model, for the filter of the searches."""
    new = [
        entry for entry in predictions if entry.label != NONE and entry.item is not None and entry.item.id not in labels
    ]
    with st.popover("Tag the library", icon=":material/sell:"):
        st.markdown(
            f"Saves the predicted class of **{counted(len(new), 'picture')}** as a label of **{plain(task)}**. "
            "The filter “Label” of both searches finds them."
        )
        st.caption(
            f"Your own {counted(len(labels), 'label')} of this task stay. Earlier tags are replaced. “None of these” "
            "gets no tag."
        )
        with st.container(horizontal=True):
            st.button("Tag them", type="primary", on_click=_tag, args=(library, predictions, task), disabled=not new)
            st.button(
                "Remove all tags",
                on_click=_untag,
                args=(library, task),
                help="Removes the predicted labels of this task. Your own stay.",
            )
        tags = sorted({entry.label for entry in library.labels(task)})
        if tags:
            st.markdown("Search by tag:")
        for tag in tags[:_OPEN_LINKS]:
            link = {"q": tag, "label": tag}
            st.page_link("pages/search_images.py", label=plain(tag), icon=":material/image_search:", query_params=link)


def _tag(library: Library, predictions: Sequence[Prediction], task: str) -> None:
    with boundary():
        labeled = {label.item_id for label in library.labels(task) if label.by == "person"}  # as they are now
        items = [
            (entry, entry.item.id) for entry in predictions if entry.item is not None and entry.item.id not in labeled
        ]
        new = [
            Label(item_id, task, entry.label, "model", entry.probability)
            for entry, item_id in items
            if entry.label != NONE
        ]
        library.remove_labels(task, by="model", item_ids=[item_id for _, item_id in items])
        library.put_labels(new)
        st.toast(f"Tagged {counted(len(new), 'picture')}.")


def _untag(library: Library, task: str) -> None:
    with boundary():
        library.remove_labels(task, by="model")
