"""One task for progress, cancellation and times; the keywords that it replaced work for one more version."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fakes import ColorEncoder

import core
from core import Library, Progress, Task, ingest
from core.classify import embed_texts_set
from core.errors import Cancelled
from core.share import VectorFormat, add_vector_format, export_vectors
from core.share.vector_formats import remove_vector_format

# Functions that are younger than `task=` and never took the keywords before it.
YOUNGER = {
    *("adapt", "adapt_library", "caption_examples", "label_examples", "store_adapted"),
    *(
        "calibrate_library",
        "evaluate_broad",
        "evaluate_labels",
        "evaluate_mixed",
        "evaluate_sets",
        "evaluate_terms",
        "evaluate_texts",
        "evaluate_words",
    ),
    *("ask", "choose_cover", "read_sentences", "read_subtitles_beside"),
    *("summarize_pictures", "summarize_texts", "summarize_video"),
    *("load_broad_data", "reembed", "store_derived"),
}


def public_functions() -> list[tuple[str, Callable[..., Any]]]:
    packages = ["core", *(f"core.{entry.name}" for entry in pkgutil.iter_modules(core.__path__) if entry.ispkg)]
    modules = [importlib.import_module(package) for package in packages if package != "core.cli"]
    named = [(f"{module.__name__}.{name}", getattr(module, name)) for module in modules for name in module.__all__]
    return [
        (name, function)
        for name, function in named
        if inspect.isfunction(function)
        and function.__name__ not in YOUNGER
        and "task" in inspect.signature(function).parameters
    ]


def test_items_are_counted_until_the_task_is_cancelled() -> None:
    cancel, reports, taken = threading.Event(), list[Progress](), []
    task = Task(reports.append, cancel)
    with pytest.raises(Cancelled, match="Stopped: two are kept"):
        for item in task.track("abcd", "read", "letters", stopped="Stopped: two are kept."):
            taken.append(item)
            if item == "b":
                cancel.set()
    assert taken == ["a", "b"]
    assert [(now.stage, now.done, now.total, now.unit) for now in reports] == [
        ("read", 1, 4, "letters"), ("read", 2, 4, "letters"),
    ]  # fmt: skip
    assert 0 <= reports[0].seconds <= reports[1].seconds


def test_batches_end_with_the_rest() -> None:
    reports: list[Progress] = []
    batches = Task(reports.append).track_batches("abcde", 2, "read", stopped="Stopped.")
    assert [*batches] == ["ab", "cd", "e"]
    assert [now.done for now in reports] == [2, 4, 5]


def test_a_part_is_cancelled_with_the_whole_and_reports_elsewhere() -> None:
    whole, part = list[Progress](), list[Progress]()
    task = Task(whole.append, threading.Event())
    task.part(part.append).stage("cut").report(1)
    task.part().stage("cut").report(2)
    assert task.cancel is not None and not whole and [now.done for now in part] == [1]
    task.cancel.set()
    assert task.part().is_cancelled


@pytest.mark.parametrize(("name", "function"), public_functions())
def test_public_functions_take_the_old_keywords(name: str, function: Callable[..., Any]) -> None:
    with pytest.warns(DeprecationWarning, match="task="), pytest.raises(TypeError):
        function(on_progress=None, cancel=None, nothing_of_that_name=None)


def test_old_keywords_do_what_they_did(tmp_path: Path, photos: Path) -> None:
    reports: list[Progress] = []
    with pytest.warns(DeprecationWarning, match="task="):
        embed_texts_set(ColorEncoder(), ["red"], on_progress=reports.append)
    assert [(now.done, now.total) for now in reports] == [(1, 1)]
    cancel = threading.Event()
    cancel.set()
    with pytest.warns(DeprecationWarning, match="task="):
        assert ingest(Library(tmp_path / "l", create=True), ColorEncoder(), [photos], cancel=cancel).cancelled


def test_a_format_of_another_package_may_take_the_old_keywords(tmp_path: Path, photos: Path) -> None:
    def write(rows: Any, path: Path, *, on_progress: Any, cancel: Any) -> None:
        path.write_text(str(sum(len(part.vectors) for part in rows.parts(on_progress=on_progress, cancel=cancel))))

    library, encoder, reports = Library(tmp_path / "l", create=True), ColorEncoder(), list[Progress]()
    count = ingest(library, encoder, [photos]).vectors
    add_vector_format(VectorFormat(".count", "Count", "The number of vectors.", write))
    try:
        with pytest.warns(DeprecationWarning, match="task="):
            export_vectors(library, encoder.id, tmp_path / "x.count", task=Task(reports.append))
    finally:
        remove_vector_format(".count")
    assert (tmp_path / "x.count").read_text() == str(count) == str(reports[-1].done)
