"""Python code for Classify, Clean up and the Lab."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core import Encoder, Filters, Library
from core.classify.zero_shot import ClassName
from ui.snippets.search import filters_imports, filters_text
from ui.widgets.code_block import opening
from ui.widgets.label_source import labels_lines


def classify_lines(
    library: Library,
    encoder: Encoder,
    classes: Sequence[ClassName],
    head: str | None,
    filters: Filters,
    threshold: float,
) -> str:
    """Code that classifies the items of the library. head: name of the saved head that replaces the classes."""
    request = f"filters={filters_text(filters)}"
    if head is not None:
        imports = "from core.classify import classify_library, list_heads, load_head"
        classifier = f"load_head(list_heads(encoder)[{head!r}], encoder)"
    else:
        imports = "from core.classify import ClassName, ZeroShot, classify_library"
        rows = "".join(f"\n    {_class(class_name)}," for class_name in classes)
        classifier = f"ZeroShot.of(encoder, [{rows}\n])"
    return f"""{filters_imports(filters)}{opening(library, encoder)}
from core import Filters
{imports}

classifier = {classifier}
for prediction in classify_library(library, encoder, classifier, {request}, threshold={threshold}):
    print(prediction.label, f"{{prediction.probability:.0%}}", prediction.in_class_probability, prediction.source)
"""


def value_lines(library: Library, encoder: Encoder, head: str, filters: Filters) -> str:
    """Code that predicts a number for the items of the library with a saved head."""
    return f"""{filters_imports(filters)}{opening(library, encoder)}
from core import Filters
from core.classify import list_heads, load_head, predict_library_values

head = load_head(list_heads(encoder)[{head!r}], encoder)
for prediction in predict_library_values(library, encoder, head, filters={filters_text(filters)}):
    print(prediction.value, prediction.source)
"""


def clean_lines(library: Library, encoder: Encoder, section: str) -> str | None:
    """Code that finds the files of a section of Clean up; None while a setting is missing."""
    state = st.session_state
    quality = "measure_library_quality(library)"
    findings = {
        "Duplicates": ("find_library_duplicates", f"(library, encoder, of={_points()!r}).spare"),
        "Outliers": ("find_library_outliers", "(library, encoder, top=100)"),
        "Unreadable": ("find_unreadable", "(library)"),
        "Too small": ("find_small", f"(library, below={state.get('small')!r})"),
        "Blurred": ("find_blurred", f"({quality}, below={state.get('blurred')!r})"),
        "Too dark": ("find_dark", f"({quality}, below={(state.get('dark') or 0) / 100!r})"),
        "Two folders": (
            "find_leaks_between",
            f"(library, encoder, {state.get('of_folder')!r}, {state.get('in_folder')!r}).spare",
        ),
    }
    required = {"Blurred": ("blurred",), "Too dark": ("dark",), "Two folders": ("of_folder", "in_folder")}
    if any(state.get(key) is None for key in required.get(section, ())):
        return None
    name, call = findings[section]
    names = f"{name}, measure_library_quality" if quality in call else name
    finding = "outlier.finding" if section == "Outliers" else "finding"
    return f"""{opening(library, encoder)}
from core.cleanup import {names}

for {finding.partition(".")[0]} in {name}{call}:
    print({finding}.item.path, {finding}.why)
"""


def lab_lines(library: Library, encoder: Encoder) -> str:
    """Code that compares the classification methods on the chosen labels."""
    return f"""{opening(library, encoder)}{labels_lines()}
from core.classify import ClassName, ZeroShot, compute_learning_curve, cross_validate_classes
from core.classify import get_class_numbers, make_report
from core.library import select_labeled_items

data = select_labeled_items(library.index(encoder), labels)
words = ZeroShot.of(encoder, [ClassName(name) for name in sorted(set(data.labels))])
for kind in ("centroid", "knn", "probe", "blend"):
    names, probabilities = cross_validate_classes(encoder, kind, data.vectors, data.labels, zero_shot=words)
    report = make_report(names, get_class_numbers(data.labels, names), probabilities)
    print(kind, f"accuracy {{report.accuracy:.3f}}, macro-F1 {{report.macro_f1:.3f}}")
for point in compute_learning_curve(encoder, data.vectors, data.labels, words).of("blend"):
    print(point)
"""


def number_lines(library: Library, encoder: Encoder, name: str) -> str:
    """Code that compares the methods of predicting a number from a table."""
    return f"""{opening(library, encoder)}
from pathlib import Path

from core import Item
from core.classify import cross_validate_numbers
from core.library import read_table, select_labeled_items

items = [Item.from_row(row) for row in library.index(encoder).items.to_pylist()]
values, unknown = read_table(Path("numbers.csv").read_bytes()).column({name!r}, items)
data = select_labeled_items(library.index(encoder), values)
for kind in ("ridge", "knn"):
    report, _ = cross_validate_numbers(encoder, kind, data.vectors, [float(label) for label in data.labels])
    print(kind, f"R2 {{report.r2:.3f}}, mean absolute error {{report.mae:.4g}}")
"""


def _class(name: ClassName) -> str:
    descriptions = f", {name.descriptions!r}" if name.descriptions else ""
    return f"ClassName({name.name!r}{descriptions}{', negative=True' if name.negative else ''})"


def _points() -> str:
    return "frames" if st.session_state.get("frames") else "items"
