"""The modality gap: words, pictures and videos in one space, the distance between them, and what closing it changes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.deprecated import renamed_attribute, task_keywords
from core.encoders.base import Encoder, Vectors, unit_rows
from core.encoders.prompts import embed_texts
from core.encoders.reference_prompts import embed_reference_prompts, get_reference_prompts
from core.errors import DataError
from core.library.filters import Filters
from core.library.store import Library
from core.library.track import get_item_vectors
from core.progress import SILENT, Task
from core.search.images import search
from core.search.query import PLAIN, Term
from core.utils.blas_threads import limit_to_one_thread

Kind = Literal["words", "pictures", "videos"]

NEAREST = 10  # pictures per word that are compared

_CAPTIONS = 2_500
_AT_ONCE = 128


@dataclass(frozen=True, slots=True)
class Gap:
    """The gap between words and pictures [1]_.

    Attributes
    ----------
    size : float
        Distance between the mean of words and the mean of pictures, 0 to 2.
    center_cosine : float
        Cosine of the two means.
    within_words, within_pictures : float or None
        Mean cosine of two different vectors of a kind; None if there is only one.
    across : float
        Mean cosine of a word and a picture.
    separability : float
        Share of both kinds on the correct side of the plane halfway between the means; 0.5 means no gap.

    References
    ----------
    .. [1] Liang et al. 2022, "Mind the gap"
    """

    size: float
    center_cosine: float
    within_words: float | None
    within_pictures: float | None
    across: float
    separability: float
    centre_cosine = renamed_attribute("centre_cosine", "center_cosine")
    told_apart = renamed_attribute("told_apart", "separability")


@dataclass(frozen=True, slots=True)
class ClosedGap:
    """The space after a share of the gap is closed.

    Attributes
    ----------
    share : float
        From 0 (unchanged) to 1 (equal means).
    gap : Gap
    own, cross_modal : float or None
        Mean cosine of captions with their own pictures and with other pictures; None without captions.
    recall_1, recall_10 : float or None
        Share of captions whose own picture is among the first 1 and 10.
    """

    share: float
    gap: Gap
    own: float | None = None
    cross_modal: float | None = None
    recall_1: float | None = None
    recall_10: float | None = None


@dataclass(frozen=True, slots=True)
class Overlap:
    """Agreement between two queries for the same thing.

    Attributes
    ----------
    first, second : str
        Their names.
    share : float
        Share of the first items that both found, 0 to 1.
    """

    first: str
    second: str
    share: float


def measure_gap(words: Vectors, pictures: Vectors) -> Gap:
    """The gap between words and pictures.

    Parameters
    ----------
    words : array of float32, shape (m, dim)
    pictures : array of float32, shape (n, dim)
        Unit rows.

    Returns
    -------
    Gap

    Raises
    ------
    DataError
        There are no words or no pictures.
    """
    if not len(words) or not len(pictures):
        raise DataError("Measuring the gap needs both words and pictures.")
    word, picture = words.mean(axis=0), pictures.mean(axis=0)
    normal, middle = word - picture, (word + picture) / 2
    sides = (np.sign((words - middle) @ normal), np.sign((middle - pictures) @ normal))
    correct = np.mean([(1.0 + side.mean()) / 2 for side in sides])  # vectors on the plane count half
    lengths = float(np.linalg.norm(word) * np.linalg.norm(picture))
    return Gap(
        size=float(np.linalg.norm(normal)),
        center_cosine=float(word @ picture) / max(lengths, 1e-12),
        within_words=_within(words),
        within_pictures=_within(pictures),
        across=float(word @ picture),
        separability=float(correct),
    )


def close_gap(words: Vectors, pictures: Vectors, share: float) -> tuple[Vectors, Vectors]:
    """Moves both kinds towards the midpoint of their means, and normalizes them again.

    Parameters
    ----------
    words : array of float32, shape (m, dim)
    pictures : array of float32, shape (n, dim)
        Unit rows.
    share : float
        Share of the way, 0 to 1.

    Returns
    -------
    words, pictures : array of float32
        Unit rows.
    """
    word, picture = words.mean(axis=0), pictures.mean(axis=0)
    middle = (word + picture) / 2
    return unit_rows(words + share * (middle - word)), unit_rows(pictures + share * (middle - picture))


def measure_closing(
    words: Vectors,
    pictures: Vectors,
    *,
    shares: Sequence[float] = (0.0, 0.25, 0.5, 0.75, 1.0),
    owners: NDArray[np.int64] | None = None,
) -> list[ClosedGap]:
    """The effect of closing the gap in steps. owners: (m,) the picture that each text describes, if known."""
    steps = []
    for share in shares:
        moved_words, moved_pictures = close_gap(words, pictures, share)
        gap = measure_gap(moved_words, moved_pictures)
        if owners is None:
            steps.append(ClosedGap(float(share), gap))
            continue
        scores = moved_words @ moved_pictures.T
        own = scores[np.arange(len(words)), owners]
        others = (scores.sum() - own.sum()) / max(1, scores.size - len(own))
        rank = (scores >= own[:, None]).sum(axis=1)
        recalls = (float((rank <= 1).mean()), float((rank <= NEAREST).mean()))
        steps.append(ClosedGap(float(share), gap, float(own.mean()), float(others), *recalls))
    return steps


@limit_to_one_thread()
def measure_kept_neighbors(words: Vectors, pictures: Vectors, share: float) -> float:
    """How many of a word's 10 nearest pictures stay when a share of the gap is closed.

    Parameters
    ----------
    words : array of float32, shape (m, dim)
    pictures : array of float32, shape (n, dim)
        Unit rows.
    share : float
        0 to 1.

    Returns
    -------
    float
        Mean share of the pictures that stay, 0 to 1.
    """
    spaces = (close_gap(words, pictures, closed) for closed in (0.0, share))
    before, after = (_nearest(moved_words @ moved_pictures.T).tolist() for moved_words, moved_pictures in spaces)
    return float(np.mean([_shared(first, second) for first, second in zip(before, after, strict=True)]))


@task_keywords
def measure_caption_closing(
    library: Library, encoder: Encoder, captions: Sequence[tuple[str, str]], *, task: Task = SILENT
) -> list[ClosedGap]:
    """The effect of closing the gap on captions and their own pictures, see `ClosedGap`.

    Parameters
    ----------
    library : Library
    encoder : Encoder
    captions : sequence of (str, str)
        Item id and caption. More than 2,500 are sampled.
    task : Task, optional

    Returns
    -------
    list of ClosedGap
        For 0, 25, 50, 75 and 100 % of the gap.

    Raises
    ------
    DataError
        Fewer than two of these items have vectors.
    Cancelled
    """
    index = library.index(encoder)
    ids, vectors = get_item_vectors(index, list(dict.fromkeys(item_id for item_id, _ in captions)))
    if len(ids) < 2:
        raise DataError("Captions of at least two pictures of this library are needed: check the names in the CSV.")
    rows = {item_id: row for row, item_id in enumerate(ids)}
    known = [pair for pair in captions if pair[0] in rows]
    if len(known) > _CAPTIONS:
        sample = np.sort(np.random.default_rng(0).choice(len(known), _CAPTIONS, replace=False))
        known = [known[number] for number in sample]
    texts, stopped = [caption for _, caption in known], "Stopped before all captions were read."
    batches = task.track_batches(texts, _AT_ONCE, "read", "captions", stopped=stopped)
    words = [embed_texts(encoder, batch, templates=PLAIN) for batch in batches]
    return measure_closing(np.concatenate(words), vectors, owners=np.array([rows[item_id] for item_id, _ in known]))


@limit_to_one_thread()
def find_fitting_words(encoder: Encoder, pictures: Vectors, count: int) -> tuple[str, ...]:
    """Reference prompts that fit a library: those that come first for most pictures.

    The gap is closed before, so that no prompt wins only because it lies in the direction of the pictures.

    Parameters
    ----------
    encoder : Encoder
    pictures : array of float32, shape (n, dim)
        Unit rows.
    count : int
        Most prompts.

    Returns
    -------
    tuple of str
    """
    words = embed_reference_prompts(encoder)
    if not len(pictures):
        return ()
    moved_words, moved_pictures = close_gap(words, pictures, 1.0)
    wins = np.bincount((moved_pictures @ moved_words.T).argmax(axis=1), minlength=len(words))
    order = np.argsort(-wins, kind="stable")[:count]
    return tuple(get_reference_prompts()[row] for row in order if wins[row])


def measure_agreement(
    library: Library, encoder: Encoder, request: dict[str, Term], *, top_k: int = 20, filters: Filters | None = None
) -> tuple[dict[str, list[str]], list[Overlap]]:
    """Searches for one thing by word, picture and clip, and compares the results.

    Parameters
    ----------
    library : Library
    encoder : Encoder
    request : dict of str to Term
        Terms by name. Their own items are left out of all results.
    top_k : int
        Items per search.
    filters : Filters, optional

    Returns
    -------
    answers : dict of str to list of str
        Item ids of each search, by name.
    overlaps : list of Overlap
        For each two searches.

    Raises
    ------
    QueryError
        See `core.search.embed_query`.
    LibraryError
        The library cannot be read.
    """
    own = {term.item_id for term in request.values() if term.item_id}
    answers = {}
    for name, term in request.items():
        hits = search(library, encoder, [term], top_k=top_k + len(own), filters=filters, captions=False).hits
        answers[name] = [hit.item.id for hit in hits if hit.item.id not in own][:top_k]
    pairs = itertools.combinations(answers, 2)
    return answers, [Overlap(first, second, _shared(answers[first], answers[second])) for first, second in pairs]


def _within(vectors: Vectors) -> float | None:
    """Mean cosine of two different unit rows; with their sum s, the cosines of all pairs sum to |s|^2 - n."""
    count = len(vectors)
    return float(((vectors.sum(axis=0) ** 2).sum() - count) / (count * (count - 1))) if count > 1 else None


def _nearest(scores: NDArray[np.float32]) -> NDArray[np.int64]:
    """Columns (m, 10) of the largest scores of each row; fewer if there are fewer columns."""
    count = min(NEAREST, scores.shape[1])
    return np.argpartition(-scores, count - 1, axis=1)[:, :count]


def _shared(first: Sequence[object], second: Sequence[object]) -> float:
    """Share of the shorter list that both have in common."""
    shorter = min(len(first), len(second))
    return len(set(first) & set(second)) / shorter if shorter else 0.0
