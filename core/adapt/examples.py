"""What an adapter is learned from: pictures of a library, texts, and which belong together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder, Vectors
from core.encoders.prompts import embed_texts
from core.errors import DataError
from core.library.index import VectorIndex
from core.library.track import get_item_vectors
from core.progress import SILENT, Task

Source = Literal["labels", "captions"]

HELD_SHARE = 0.2  # of each class, or of all pictures with captions
MOST_HELD = 500  # pictures with captions
_CHUNK = 64  # texts per progress report
_STOPPED = "Stopped before anything was learned."


@dataclass(frozen=True, eq=False)
class Examples:
    """n pictures, m texts, and p pairs of them.

    Attributes
    ----------
    source : {"labels", "captions"}
        Labels: each picture has one text, and every text competes for each picture.
    ids : tuple of str
        (n,) ids of the items.
    images : ndarray of float32, shape (n, dim)
        Unit rows; of a video its mean over time.
    texts : tuple of str
        (m,) distinct.
    text_vectors : ndarray of float32, shape (m, dim)
        Unit rows, with the templates of the encoder, as searches embed them.
    pairs : ndarray of int64, shape (p, 2)
        Row of the picture, row of the text.
    """

    source: Source
    ids: tuple[str, ...]
    images: Vectors
    texts: tuple[str, ...]
    text_vectors: Vectors
    pairs: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)

    def matches(self) -> NDArray[np.bool_]:
        """(n, m) which pictures and texts belong together."""
        matches = np.zeros((len(self), len(self.texts)), bool)
        matches[self.pairs[:, 0], self.pairs[:, 1]] = True
        return matches

    def take(self, rows: NDArray[np.int64]) -> Examples:
        """Some of the pictures with their pairs; of captions only their texts, of labels all."""
        place = np.full(len(self), -1)
        place[rows] = np.arange(len(rows))
        pairs = self.pairs[place[self.pairs[:, 0]] >= 0]
        own, numbers = np.arange(len(self.texts)), pairs[:, 1]
        if self.source == "captions":
            own, numbers = np.unique(numbers, return_inverse=True)
        return replace(
            self,
            ids=tuple(self.ids[row] for row in rows),
            images=self.images[rows],
            texts=tuple(self.texts[row] for row in own),
            text_vectors=self.text_vectors[own],
            pairs=np.stack([place[pairs[:, 0]], numbers], axis=1),
        )


def label_examples(encoder: Encoder, index: VectorIndex, labels: Mapping[str, str], *, task: Task = SILENT) -> Examples:
    """Examples of labels by item id; the texts are the names of the classes.

    Raises DataError if fewer than two classes have a picture with a vector, and Cancelled.
    """
    return _make_examples(encoder, index, "labels", sorted(labels.items()), task)


def caption_examples(
    encoder: Encoder, index: VectorIndex, captions: Sequence[tuple[str, str]], *, task: Task = SILENT
) -> Examples:
    """Examples of (item id, caption) pairs; an item may have several captions.

    Raises DataError if fewer than two pictures with vectors have captions, and Cancelled.
    """
    return _make_examples(encoder, index, "captions", captions, task)


def hold_out(examples: Examples, *, seed: int = 0) -> tuple[Examples, Examples | None]:
    """Examples to learn from and examples to judge by; None where no class has two pictures.

    Of each class a fifth is held out, at least one of two. Of pictures with captions a fifth, at most 500.
    """
    rng = np.random.default_rng(seed)
    if examples.source == "captions":
        order = rng.permutation(len(examples))
        held = order[: min(MOST_HELD, max(1, round(HELD_SHARE * len(order))))]
    else:
        classes = (examples.pairs[examples.pairs[:, 1] == number, 0] for number in range(len(examples.texts)))
        held = np.concatenate([_take_share(rng.permutation(rows)) for rows in classes])
    if not len(held):
        return examples, None
    learned = np.setdiff1d(np.arange(len(examples)), held)
    return examples.take(learned), examples.take(np.sort(held))


def _take_share(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    count = max(1, round(HELD_SHARE * len(rows))) if len(rows) > 1 else 0
    return rows[:count]


def _make_examples(
    encoder: Encoder, index: VectorIndex, source: Source, pairs: Sequence[tuple[str, str]], task: Task
) -> Examples:
    clean = [(item_id, " ".join(text.split())) for item_id, text in pairs]
    clean = [(item_id, text) for item_id, text in dict.fromkeys(clean) if text]
    ids: list[str] = list(dict.fromkeys(item_id for item_id, _ in clean))
    if ids:
        ids, images = get_item_vectors(index, ids)
    row = {item_id: number for number, item_id in enumerate(ids)}
    clean = [(item_id, text) for item_id, text in clean if item_id in row]
    texts = tuple(dict.fromkeys(text for _, text in clean))
    if len(ids) < 2 or len(texts) < 2:
        what = "labels of at least two classes" if source == "labels" else "at least two pictures with captions"
        raise DataError(f"Adapting needs {what}, on pictures that have vectors of this encoder.")
    number = {text: place for place, text in enumerate(texts)}
    numbers = np.array([(row[item_id], number[text]) for item_id, text in clean], np.int64)
    return Examples(source, tuple(ids), images, texts, _embed(encoder, texts, task), numbers)


def _embed(encoder: Encoder, texts: Sequence[str], task: Task) -> Vectors:
    batches = task.track_batches(texts, _CHUNK, "embed", "texts", stopped=_STOPPED)
    return np.concatenate([embed_texts(encoder, batch) for batch in batches])
