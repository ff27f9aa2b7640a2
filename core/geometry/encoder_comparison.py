"""Compares two encoders on one library: whether they find the same neighbors, and what each costs."""

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
    """An item on whose nearest neighbors the encoders agree least.

    Attributes
    ----------
    item : Item
    overlap : float
        Share of the neighbors that are the same, 0 to 1.
    first, second : tuple of Item
        Nearest neighbors by each encoder.
    """

    item: Item
    overlap: float
    first: tuple[Item, ...]
    second: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two encoders on the same items.

    Attributes
    ----------
    cka : float
        Centered kernel alignment, see `compute_cka`: 1 for spaces that differ by rotation and scale, about 0 for
        unrelated ones.
    overlap : float
        Mean share of the nearest neighbors that are the same, 0 to 1.
    chance : float
        Overlap of unrelated encoders.
    nearest : int
        Neighbors compared: 10, or a third of a small library.
    items, common : int
        Items compared, and items that both encoders have embedded.
    odd : tuple of Disagreement
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
        """Overlap beyond chance: 0 at chance, 1 for the same neighbors throughout; can be slightly below 0."""
        return (self.overlap - self.chance) / max(1.0 - self.chance, 1e-12)


@dataclass(frozen=True, slots=True)
class Size:
    """Storage of an encoder's vectors. bytes: of one (half precision); vectors: stored in the library; total: bytes."""

    dim: int
    bytes: int
    vectors: int
    total: int


@dataclass(frozen=True, slots=True)
class Speed:
    """Throughput of an encoder on this machine, without loading it and reading files.

    Attributes
    ----------
    images_per_s, texts_per_s : float
    images, texts : int
        Numbers of decoded pictures and texts measured.
    """

    images_per_s: float
    texts_per_s: float
    images: int
    texts: int


def find_common_ids(library: Library, encoders: Sequence[Encoder]) -> list[str]:
    """Sorted ids of the items that all of these encoders have embedded."""
    return sorted(set.intersection(*(set(_ids(library.index(encoder))) for encoder in encoders)))


@limit_to_one_thread()
def measure_agreement(library: Library, first: Encoder, second: Encoder, *, odd: int = 4, seed: int = 0) -> Agreement:
    """How far two encoders agree on the items that both have embedded.

    Parameters
    ----------
    library : Library
    first, second : Encoder
    odd : int
        Number of items with the least agreement to list.
    seed : int
        Of the random sample of 2,000 items in a larger library.

    Returns
    -------
    Agreement

    Raises
    ------
    DataError
        The encoders share fewer than four items.
    """
    one, other = library.index(first), library.index(second)
    common = find_common_ids(library, [first, second])
    if len(common) < 4:
        raise DataError("Both encoders need vectors of at least four common items: index the library with both.")
    sample = np.random.default_rng(seed).permutation(len(common))[:_SAMPLE]
    ids = [common[number] for number in sorted(sample)]
    a, b = get_item_vectors(one, ids)[1], get_item_vectors(other, ids)[1]
    k = min(NEAREST, max(1, (len(ids) - 1) // 3))  # with all others as neighbors, any two encoders would agree
    near_a, near_b = find_nearest_neighbors(a, k).numbers, find_nearest_neighbors(b, k).numbers
    shares = _compute_shares(near_a, near_b)
    worst = np.argsort(shares, kind="stable")[:odd]

    def items(rows: NDArray[np.int64]) -> tuple[Item, ...]:
        return tuple(_items(one, [ids[row] for row in rows]))

    disagreements = tuple(
        Disagreement(item, float(shares[row]), items(near_a[row]), items(near_b[row]))
        for item, row in zip(items(worst), worst, strict=True)
    )
    chance = k / (len(ids) - 1)
    return Agreement(compute_cka(a, b), float(shares.mean()), chance, k, len(ids), len(common), disagreements)


def compute_cka(a: Vectors, b: Vectors) -> float:
    """Linear centered kernel alignment [1]_ of rows (n, d) and (n, e), n > 3, with the unbiased estimate of HSIC [2]_.

    At most 1; about 0, by chance slightly below, for unrelated vectors, for which the biased estimate grows with the
    dimensions.

    References
    ----------
    .. [1] Kornblith et al. 2019, "Similarity of neural network representations revisited"
    .. [2] Song et al. 2012, "Feature selection via dependence maximization", equation 5
    """
    grams = [rows.astype(np.float64) @ rows.T for rows in (a, b)]
    for gram in grams:
        np.fill_diagonal(gram, 0.0)
    a_gram, b_gram = grams
    across, of_a, of_b = _hsic(a_gram, b_gram), _hsic(a_gram, a_gram), _hsic(b_gram, b_gram)
    return across / max(float(np.sqrt(max(of_a, 0.0) * max(of_b, 0.0))), 1e-12)


def compute_overlap(a: Vectors, b: Vectors, *, k: int = NEAREST) -> float:
    """Share of the k nearest neighbors (by cosine) that rows (n, d) and (n, e) of the same items have in common."""
    k = min(k, len(a) - 1)
    return float(_compute_shares(find_nearest_neighbors(a, k).numbers, find_nearest_neighbors(b, k).numbers).mean())


def _compute_shares(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.float64]:
    """Share (n,) of the neighbors (n, k) that two lists have in common, row by row."""
    pairs = zip(first.tolist(), second.tolist(), strict=True)
    return np.array([len(set(a) & set(b)) / len(a) for a, b in pairs])


def measure_size(library: Library, encoder: Encoder) -> Size:
    """Storage of an encoder's vectors in a library.

    Parameters
    ----------
    library : Library
    encoder : Encoder

    Returns
    -------
    Size
    """
    count = library.vector_count(encoder.id)
    return Size(encoder.dim, 2 * encoder.dim, count, 2 * encoder.dim * count)


@task_keywords
def measure_speeds(library: Library, encoders: Sequence[Encoder], *, task: Task = SILENT) -> list[Speed]:
    """Measures the speed of encoders on the same sample of up to 48 decoded pictures and 96 short texts.

    Each encoder is loaded and warm before its time begins. They take turns and the fastest turn of each counts, so that
    other load on the machine affects all alike.

    Parameters
    ----------
    library : Library
    encoders : sequence of Encoder
    task : Task, optional

    Returns
    -------
    list of Speed

    Raises
    ------
    DataError
        No picture can be read.
    Cancelled
    """
    stage = task.stage("measure", "turns")
    pictures = sample_images(library, _PICTURES, min_side=max(encoder.min_side for encoder in encoders))
    texts = get_reference_prompts()[:_TEXTS]
    turns: list[tuple[float, float]] = []
    for turn in range(_TURNS * len(encoders)):
        task.check("Stopped before the encoders were measured.")
        turns.append(_turn(encoders[turn % len(encoders)], pictures, texts, warm=turn >= len(encoders)))
        stage.report(len(turns), _TURNS * len(encoders))
    fastest = [np.min(turns[number :: len(encoders)], axis=0) for number in range(len(encoders))]
    return [
        Speed(len(pictures) / pictures_s, len(texts) / texts_s, len(pictures), len(texts))
        for pictures_s, texts_s in fastest
    ]


def sample_images(library: Library, count: int, *, min_side: int, seed: int = 0) -> list[Image.Image]:
    """Up to `count` decoded pictures: a fixed random sample of the readable ones. Raises DataError if there is none."""
    rows = [row for row in library.items().to_pylist() if row["status"] == "ok" and row["kind"] == PICTURE.name]
    images: list[Image.Image] = []
    for number in np.random.default_rng(seed).permutation(len(rows)):
        try:
            images.append(open_isolated(Path(rows[number]["path"]), min_side=min_side))
        except MediaError:
            continue
        if len(images) == count:
            break
    if not images:
        raise DataError("No picture of this library can be read, so the speed cannot be measured.")
    return images


def _turn(
    encoder: Encoder, pictures: Sequence[Image.Image], texts: Sequence[str], *, warm: bool
) -> tuple[float, float]:
    """Seconds for the pictures, and seconds for the texts."""
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
    """Unbiased HSIC, up to a factor, of two Gram matrices (n, n) with zero diagonals."""
    n = len(a)
    plain, sums = (a * b).sum(), a.sum() * b.sum() / ((n - 1) * (n - 2))
    return float(plain + sums - 2.0 / (n - 2) * (a.sum(axis=0) @ b.sum(axis=0)))


def _ids(index: VectorIndex) -> list[str]:
    return [str(item_id) for item_id in index.items["id"].take(index.rows_with_vectors).to_pylist()]


def _items(index: VectorIndex, ids: Sequence[str]) -> list[Item]:
    return [index.item(int(index.item_numbers(item_id)[0])) for item_id in ids]
