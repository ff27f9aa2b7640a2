"""What a library holds beside that to which an encoder is adapted: to measure what adapting forgets."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from core.adapt.examples import Examples, caption_examples, label_examples
from core.encoders.base import Encoder, Vectors
from core.errors import DataError
from core.library.store import Library
from core.library.track import get_item_vectors
from core.progress import SILENT, Task

_FEWEST = 8  # pictures that are worth measuring on
_MOST_CAPTIONS = 1_000
_MOST_IMAGES = 2_000


@dataclass(frozen=True, eq=False)
class Others:
    """examples: by what they are, in words. images: (n, dim) vectors of pictures without a label or caption."""

    examples: dict[str, Examples] = field(default_factory=dict)
    images: Vectors | None = None


def find_others(library: Library, encoder: Encoder, examples: Examples, *, task: Task = SILENT) -> Others:
    """Labels of tasks and captions, of pictures that the examples do not have; and a sample of the remaining pictures.

    Raises LibraryError and Cancelled.
    """
    index, adapted = library.index(encoder), set(examples.ids)
    known = set(index.items["id"].take(index.rows_with_vectors).to_pylist())
    found: dict[str, Examples] = {}
    by_task: dict[str, dict[str, str]] = {}
    for label in library.labels():
        if label.by == "person" and label.item_id in known - adapted:
            by_task.setdefault(label.task, {})[label.item_id] = label.label
    for name, labels in by_task.items():
        if len(labels) >= _FEWEST:
            with suppress(DataError):  # of one class only
                found[f"labels of {name}"] = label_examples(encoder, index, labels, task=task)
    captions = [pair for pair in library.captions() if pair[0] in known - adapted]
    if len({item_id for item_id, _ in captions}) >= _FEWEST:
        with suppress(DataError):  # one text for all
            found["captions"] = caption_examples(encoder, index, captions[:_MOST_CAPTIONS], task=task)
    rest = sorted(known - adapted)
    if len(rest) > _MOST_IMAGES:
        rest = sorted(np.random.default_rng(0).choice(rest, _MOST_IMAGES, replace=False).tolist())
    return Others(found, get_item_vectors(index, rest)[1] if rest else None)
