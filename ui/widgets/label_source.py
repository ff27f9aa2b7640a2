"""Ground truth for the Lab: pictures of this library with labels or numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from core import Encoder, Item, Library
from core.library.labels import (
    LabeledItems,
    Table,
    get_folder_labels,
    has_folder_classes,
    read_table,
    select_labeled_items,
)
from core.policy import get_policy
from ui.session.cache import get_cached
from ui.text import TABLE_TYPES, counted, file_limit, plain

_FOLDERS, _TASK = "folder names", "labels of a task"
_WAYS = (_FOLDERS, "a CSV", _TASK)
_LISTED = 5  # unknown files


def labels_section(library: Library, encoder: Encoder, *, otherwise: str = "") -> LabeledItems | None:
    """Pictures with labels; None while there are none. Raises DataError.

    otherwise: name of the choice that leaves labels out, if there is one.
    """
    items = get_items(library, encoder)
    offered = _WAYS if has_folder_classes(items) else tuple(way for way in _WAYS if way != _FOLDERS)
    ways = (otherwise, *offered) if otherwise else offered
    if st.session_state.get("labels_from") not in (None, *ways):  # of another library
        del st.session_state["labels_from"]
    way = st.segmented_control(
        "Labels from", ways, default=_first(library, ways), required=True, key="labels_from", bind="query-params"
    )
    if way == otherwise:
        return None
    if way == _TASK:
        labels = _load_task(library)
    elif way == "a CSV":
        labels = _read_csv(items)
    else:
        labels = get_folder_labels(items)
    if not labels:
        return None
    least = st.number_input("Minimum pictures per class", 2, 1_000, 3, key="least", bind="query-params", width=320)
    counts = Counter(labels.values())
    labels = {item_id: label for item_id, label in labels.items() if counts[label] >= least}
    classes = Counter(labels.values())
    largest = ", ".join(f"{plain(name)} {count:,}" for name, count in classes.most_common(12))
    more = f" and {counted(len(classes) - 12, 'class')} more" if len(classes) > 12 else ""
    dropped = f" · {counted(len(counts) - len(classes), 'class')} left out" if len(counts) > len(classes) else ""
    st.caption(f"{counted(len(labels), 'picture')} in {counted(len(classes), 'class')}: {largest}{more}{dropped}")
    if len(classes) < 2:
        st.info(
            "At least two classes with enough pictures are needed: sort pictures into folders, upload a CSV, or add "
            "labels on the page Classify.",
            icon=":material/label:",
        )
        return None
    key = (encoder.id, tuple(sorted(labels.items())))
    return get_cached(
        "labeled", key, library.index(encoder), lambda: select_labeled_items(library.index(encoder), labels)
    )


def _first(library: Library, ways: Sequence[str]) -> str:
    """The way to open with: a CSV has yet to be uploaded, so labels that the library has come before it."""
    has_labels = any(label.by == "person" for label in library.labels())
    return _TASK if ways[0] == "a CSV" and has_labels else ways[0]


def labels_lines() -> str:
    """Lines of Python for the same labels, `labels` by item id, after `labels_section`."""
    state = st.session_state
    if state["labels_from"] == _TASK:
        condition = f"label.task == {state['lab_task']!r} and label.by == 'person'"
        lines = f"labels = {{label.item_id: label.label for label in library.labels() if {condition}}}"
    elif state["labels_from"] == "a CSV":
        column = repr(state["label_column"]) if "label_column" in state else "next(iter(table.columns))"
        lines = f"table = read_table(Path('labels.csv').read_bytes())\nlabels, unknown = table.column({column}, items)"
    else:
        lines = "labels = get_folder_labels(items)"
    return f"""
from collections import Counter
from pathlib import Path

from core import Item
from core.library.labels import get_folder_labels, read_table

items = [Item.from_row(row) for row in library.index(encoder).items.to_pylist()]
{lines}
counts = Counter(labels.values())
labels = {{key: label for key, label in labels.items() if counts[label] >= {state["least"]}}}
"""


def numbers_section(library: Library, encoder: Encoder) -> tuple[str, LabeledItems] | None:
    """(name of the column, pictures with a number each, as text); None while there are none. Raises DataError."""
    table = upload_table("numbers_csv", "CSV: path or file name, then columns, one of them numeric")
    if table is None:
        return None
    names = table.numeric()
    if not names:
        st.info("This CSV has no numeric column.", icon=":material/numbers:")
        return None
    name = st.selectbox("The number", names, key="number_column")
    values, unknown = table.column(name, get_items(library, encoder))
    report_unknown(unknown)
    if not values:
        return None
    st.caption(f"{counted(len(values), 'picture')} with a number")
    key = (encoder.id, name, tuple(sorted(values.items())))
    index = library.index(encoder)
    return name, get_cached("numbered", key, index, lambda: select_labeled_items(index, values))


def get_items(library: Library, encoder: Encoder) -> list[Item]:
    """The items of the library."""
    index = library.index(encoder)
    return get_cached("lab items", encoder.id, index, lambda: [Item.from_row(row) for row in index.items.to_pylist()])


def _load_task(library: Library) -> dict[str, str]:
    labels = [label for label in library.labels() if label.by == "person"]
    tasks = sorted({label.task for label in labels})
    if not tasks:
        st.info("You have not labeled any pictures of this library yet.", icon=":material/label:")
        st.page_link("pages/classify.py", label="Add labels on the page Classify", icon=":material/arrow_forward:")
        return {}
    task = st.selectbox("Task", tasks, key="lab_task", help="Labels given by a person; tags of a model do not count.")
    return {label.item_id: label.label for label in labels if label.task == task}


def _read_csv(items: list[Item]) -> dict[str, str]:
    table = upload_table("labels_csv", "CSV: path or file name, then the label")
    if table is None:
        return {}
    names = list(table.columns)
    name = st.selectbox("Column of the labels", names, key="label_column") if len(names) > 1 else names[0]
    labels, unknown = table.column(name, items)
    report_unknown(unknown)
    return labels


def upload_table(key: str, label: str) -> Table | None:
    """A table that the visitor uploads; None while there is none. Raises DataError."""
    limit = file_limit(50)
    file = st.file_uploader(label, type=TABLE_TYPES, key=key, max_upload_size=limit, help="With a header, in UTF-8.")
    return read_table(file.getvalue(), limits=get_policy()) if file is not None else None


def report_unknown(unknown: list[str]) -> None:
    """Show which rows of a table match no file, or several."""
    if unknown:
        sample = ", ".join(plain(name) for name in unknown[:_LISTED])
        st.warning(f"{counted(len(unknown), 'row')} of the CSV match no file here, or several: {sample} …")
