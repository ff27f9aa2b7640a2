"""Two encoders on one library: do they see the same neighbours, and what does each cost?"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.deprecated import task_keywords
from core.encoders.base import Encoder, Vectors
from core.encoders.reference_prompts import get_reference_prompts
from core.errors import DataError, MediaError
from core.library.index import VectorIndex
from core.library.schema import Item
from core.library.store import Library
from core.library.track import get_item_vectors
from core.media.isolated import open_isolated
from core.media.modalities import PICTURE
from core.progress import SILENT, Task
from core.utils.blas_threads import limit_to_one_thread
from core.vectors.neighbors import find_nearest_neighbors

NEAREST = 10

_SAMPLE = 2_000
_PICTURES, _TEXTS, _TURNS = 48, 96, 3


@dataclass(frozen=True, slots=True)
class Disagreement:
    """An item whose nearest neighbours the encoders agree on least. overlap: the share that is the same."""

    item: Item
    overlap: float
    first: tuple[Item, ...]
    second: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two encoders on the same items.

    cka: centred kernel alignment, see `cka`; 1 for spaces that differ by a turn and a scale, about 0
    for unrelated ones.
    overlap: share of the `nearest` (10, or a third of a small library) nearest neighbours that are the same; chance:
    what two unrelated encoders would reach. items: how many were compared, of `common` ones.
    """

    cka: float
    overlap: float
    chance: float
    nearest: int
    items: int
    common: int
    odd: tuple[Disagreement, ...]

    @property
    def beyond_chance(self) -> float:
        """Where the overlap lies between chance, 0, and the same neighbours throughout, 1; below 0 by bad luck."""
        return (self.overlap - self.chance) / max(1.0 - self.chance, 1e-12)


@dataclass(frozen=True, slots=True)
class Size:
    """What an encoder's vectors take. bytes: of one (half precision); vectors: stored in the library; total: bytes."""

    dim: int
    bytes: int
    vectors: int
    total: int


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast an encoder is here: decoded pictures, and texts, to vectors; loading and reading files left out."""

    images_per_s: float
    texts_per_s: float
    images: int
    texts: int


def find_common_ids(library: Library, encoders: Sequence[Encoder]) -> list[str]:
    """The items that all of these encoders have embedded, sorted by their ids."""
    return sorted(set.intersection(*(set(_ids(library.index(encoder))) for encoder in encoders)))


@limit_to_one_thread()
def measure_agreement(library: Library, first: Encoder, second: Encoder, *, odd: int = 4, seed: int = 0) -> Agreement:
    """How far two encoders agree on the items that both have embedded: a fixed random sample of up to 2,000.

    odd: how many of the items with the least agreement to name. Raises DataError where they share fewer than four.
    """
    one, other = library.index(first), library.index(second)
    common = find_common_ids(library, [first, second])
    if len(common) < 4:
        raise DataError("Both encoders must have embedded at least four of the same items: index with the other too.")
    places = np.random.default_rng(seed).permutation(len(common))[:_SAMPLE]
    chosen = [common[place] for place in sorted(places)]
    a, b = get_item_vectors(one, chosen)[1], get_item_vectors(other, chosen)[1]
    k = min(NEAREST, max(1, (len(chosen) - 1) // 3))  # among all the others any two encoders agree
    near, rest = find_nearest_neighbors(a, k).numbers, find_nearest_neighbors(b, k).numbers
    shares = np.array([len(set(x) & set(y)) / k for x, y in zip(near.tolist(), rest.tolist(), strict=True)])
    worst = np.argsort(shares, kind="stable")[:odd]

    def named(row: int, found: NDArray[np.int64]) -> tuple[Item, ...]:
        return tuple(_items(one, [chosen[place] for place in found[row]]))

    items = _items(one, [chosen[row] for row in worst])
    strange = tuple(
        Disagreement(item, float(shares[row]), named(row, near), named(row, rest))
        for item, row in zip(items, worst, strict=True)
    )
    return Agreement(
        compute_cka(a, b), float(shares.mean()), k / (len(chosen) - 1), k, len(chosen), len(common), strange
    )


def compute_cka(a: Vectors, b: Vectors) -> float:
    """Linear CKA of rows (n, d) and (n, e), n > 3 (Kornblith et al. 2019), by the unbiased estimate of HSIC (Song et
    al. 2012, equation 5): the plain one grows with the dimensions, and calls unrelated vectors alike. At most 1; about
    0, and by chance a little below, for unrelated ones.
    """
    grams = [rows.astype(np.float64) @ rows.T for rows in (a, b)]
    for gram in grams:
        np.fill_diagonal(gram, 0.0)
    across, own, other = (_hsic(x, y) for x, y in ((grams[0], grams[1]), (grams[0], grams[0]), (grams[1], grams[1])))
    return across / max(float(np.sqrt(max(own, 0.0) * max(other, 0.0))), 1e-12)


def compute_overlap(a: Vectors, b: Vectors, *, k: int = NEAREST) -> float:
    """Share of the k nearest neighbours (by cosine) that rows (n, d) and (n, e) of the same things have in common."""
    k = min(k, len(a) - 1)
    pairs = zip(
        find_nearest_neighbors(a, k).numbers.tolist(), find_nearest_neighbors(b, k).numbers.tolist(), strict=True
    )
    return float(np.mean([len(set(one) & set(other)) / k for one, other in pairs]))


def measure_size(library: Library, encoder: Encoder) -> Size:
    """What an encoder's vectors take in a library."""
    count = library.vector_count(encoder.id)
    return Size(encoder.dim, 2 * encoder.dim, count, 2 * encoder.dim * count)


@task_keywords
def measure_speeds(library: Library, encoders: Sequence[Encoder], *, task: Task = SILENT) -> list[Speed]:
    """Measures encoders on the same sample of up to 48 pictures of the library, decoded, and 96 short texts; each is
    loaded and warm before its time begins. They take turns, and the faster of each one's turns counts, so that what
    else the machine does troubles none more than the others. Raises DataError where no picture can be read, and
    Cancelled.
    """
    stage = task.stage("measure", "turns")
    pictures = sample_images(library, _PICTURES, min_side=max(encoder.min_side for encoder in encoders))
    texts = get_reference_prompts()[:_TEXTS]
    turns: list[tuple[float, float]] = []
    for turn in range(_TURNS * len(encoders)):
        task.check("Stopped before the encoders were measured.")
        turns.append(_turn(encoders[turn % len(encoders)], pictures, texts, warm=turn >= len(encoders)))
        stage.report(len(turns), _TURNS * len(encoders))
    seconds = [np.min(turns[place :: len(encoders)], axis=0) for place in range(len(encoders))]
    return [Speed(len(pictures) / of[0], len(texts) / of[1], len(pictures), len(texts)) for of in seconds]


def sample_images(library: Library, count: int, *, min_side: int, seed: int = 0) -> list[Image.Image]:
    """Up to `count` decoded pictures of a library, a fixed random sample of those that can be read.

    Raises DataError where there is none.
    """
    rows = [row for row in library.items().to_pylist() if row["status"] == "ok" and row["kind"] == PICTURE.name]
    found: list[Image.Image] = []
    for place in np.random.default_rng(seed).permutation(len(rows)):
        try:
            found.append(open_isolated(Path(rows[place]["path"]), min_side=min_side))
        except MediaError:
            continue
        if len(found) == count:
            break
    if not found:
        raise DataError("No picture of this library can be read: it takes some to measure a speed.")
    return found


def _turn(
    encoder: Encoder, pictures: Sequence[Image.Image], texts: Sequence[str], *, warm: bool
) -> tuple[float, float]:
    """(seconds for the pictures, seconds for the texts)."""
    if not warm:
        encoder.encode_images(pictures[: encoder.batch_size])
        encoder.encode_texts(texts)
    began = time.perf_counter()
    for first in range(0, len(pictures), encoder.batch_size):
        encoder.encode_images(pictures[first : first + encoder.batch_size])
    between = time.perf_counter()
    encoder.encode_texts(texts)
    ended = time.perf_counter()
    return max(between - began, 1e-9), max(ended - between, 1e-9)


def _hsic(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """The unbiased estimate, but for a factor, of two Gram matrices (n, n) with zeros on their diagonals."""
    n = len(a)
    plain, sums = (a * b).sum(), a.sum() * b.sum() / ((n - 1) * (n - 2))
    return float(plain + sums - 2.0 / (n - 2) * (a.sum(axis=0) @ b.sum(axis=0)))


def _ids(index: VectorIndex) -> list[str]:
    return [str(entry) for entry in index.items["id"].take(index.rows_with_vectors).to_pylist()]


def _items(index: VectorIndex, ids: Sequence[str]) -> list[Item]:
    return [index.item(int(index.item_numbers(entry)[0])) for entry in ids]
