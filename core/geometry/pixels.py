"""Raw pixels beside embeddings: the same pictures as numbers of light, and what their distances say."""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.encoders.base import Vectors
from core.errors import Cancelled, DataError, MediaError
from core.library.schema import Item
from core.media.images import open_image
from core.progress import OnProgress, Progress

SIDE = 64
_AT_ONCE = 64
_NEAREST = 10
_HELD_OUT = 0.3


@dataclass(frozen=True, eq=False)
class Pixels:
    """Pictures as raw numbers. values: (n, side * side * 3) float32, 0 to 1, of the middle square, row by row.
    rows: (n,) which of the items they are of. unread: (path, reason) of those that could not be read.
    """

    values: NDArray[np.float32]
    rows: NDArray[np.int64]
    unread: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Contrast:
    """How much distances tell. relative_contrast: (farthest - nearest) / nearest, of the distances from a point to all
    others, averaged; it goes to 0 as distances concentrate (Beyer et al. 1999). spread: their standard deviation over
    their mean. agreement: share of the 10 nearest that have the same label, None without labels; chance: of any others.
    numbers: of one vector; bytes: in 4-byte floats. query_ms: of a search by one picture through these, here and now.
    """

    relative_contrast: float
    spread: float
    agreement: float | None
    chance: float | None
    numbers: int
    bytes: int
    query_ms: float


@dataclass(frozen=True, slots=True)
class InputCurve:
    """A linear classifier (logistic regression) on one kind of input. parameters: numbers that it learns. accuracy: on
    held-out pictures by labelled pictures a class, mean over repeats; seconds: of learning from the most of them.
    """

    parameters: int
    accuracy: dict[int, float]
    seconds: float


def pixels_of(
    items: Sequence[Item],
    *,
    side: int = SIDE,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> Pixels:
    """Reads the files of pictures and shrinks their middle squares to side x side pixels. Raises DataError where not
    one can be read, and Cancelled.
    """
    values: list[NDArray[np.float32]] = []
    rows: list[int] = []
    unread: list[tuple[str, str]] = []
    started = time.monotonic()

    def read(item: Item) -> NDArray[np.float32] | str:
        try:
            return _square(open_image(Path(item.path), min_side=side), side)
        except MediaError as error:
            return str(error)

    with ThreadPoolExecutor(4) as pool:
        for first in range(0, len(items), _AT_ONCE):
            if cancel is not None and cancel.is_set():
                raise Cancelled
            some = items[first : first + _AT_ONCE]
            for row, found in enumerate(pool.map(read, some), start=first):
                if isinstance(found, str):
                    unread.append((items[row].path, found))
                else:
                    values.append(found)
                    rows.append(row)
            if on_progress:
                done = first + len(some)
                on_progress(Progress("read", done, len(items), time.monotonic() - started, "pictures"))
    if not values:
        raise DataError("Not one of these pictures can be read: check that their files are still there.")
    return Pixels(np.stack(values), np.array(rows), tuple(unread))


def contrast_of(vectors: NDArray[np.float32], labels: Sequence[str | None] | None = None) -> Contrast:
    """How much the Euclidean distances between rows (n, numbers) tell; n is up to a few thousand. Of unit rows these
    order as cosines do. labels: (n,), None where unknown. Raises DataError for fewer than three rows."""
    if len(vectors) < 3:
        raise DataError("It takes at least three pictures to compare distances.")
    apart = distances(vectors)
    np.fill_diagonal(apart, np.nan)
    nearest, farthest = np.nanmin(apart, axis=1), np.nanmax(apart, axis=1)
    contrast = (farthest - nearest) / np.maximum(nearest, 1e-6)
    agreement, chance = _agreement(apart, labels) if labels is not None else (None, None)
    return Contrast(
        relative_contrast=float(np.median(contrast)),
        spread=float(np.nanmean(np.nanstd(apart, axis=1) / np.nanmean(apart, axis=1))),
        agreement=agreement,
        chance=chance,
        numbers=vectors.shape[1],
        bytes=4 * vectors.shape[1],
        query_ms=_timed(vectors),
    )


def nearest_to(vectors: NDArray[np.float32], row: int, count: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The rows nearest to one of them by Euclidean distance, itself left out, and their distances."""
    apart = np.linalg.norm(vectors - vectors[row], axis=1)
    order = np.argsort(apart, kind="stable")
    order = order[order != row][:count]
    return order, apart[order]


def input_curve(
    vectors: NDArray[np.float32],
    labels: Sequence[str | None],
    *,
    shots: Sequence[int] = (1, 2, 4, 8, 16),
    repeats: int = 5,
    cancel: threading.Event | None = None,
) -> InputCurve:
    """What a linear classifier makes of few labelled pictures, 30 % of each class held out. vectors: (n, numbers).

    Inputs are centred and scaled to a common spread, which raw pixels need. Raises DataError for fewer than two classes
    of at least three pictures, and Cancelled.
    """
    classes, truth, kept = _known(labels)
    values = vectors[kept] - vectors[kept].mean(axis=0)
    values = values / max(float(np.sqrt((values**2).sum(axis=1).mean())), 1e-12)
    scores: dict[int, list[float]] = {each: [] for each in shots}
    seconds = 0.0
    for repeat in range(repeats):
        held, pools = _split(truth, len(classes), np.random.default_rng(repeat))
        for shot in shots:
            if cancel is not None and cancel.is_set():
                raise Cancelled
            chosen = np.concatenate([pool[:shot] for pool in pools])
            started = time.perf_counter()
            told = _learned(values[chosen], truth[chosen], values[held])
            seconds = time.perf_counter() - started
            scores[shot].append(float((told == truth[held]).mean()))
    parameters = len(classes) * (vectors.shape[1] + 1)
    return InputCurve(parameters, {shot: float(np.mean(found)) for shot, found in scores.items()}, seconds)


def distances(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, n) Euclidean distances of rows, by their inner products: a few thousand rows at most."""
    squares = (vectors**2).sum(axis=1)
    return np.sqrt(np.maximum(squares[:, None] + squares[None] - 2 * vectors @ vectors.T, 0.0))


def as_picture(values: NDArray[np.float32]) -> Image.Image:
    """One row of `Pixels.values` as the picture that it is."""
    side = round((len(values) / 3) ** 0.5)
    return Image.fromarray((values.reshape(side, side, 3) * 255).round().astype(np.uint8))


def _square(image: Image.Image, side: int) -> NDArray[np.float32]:
    width, height = image.size
    short = min(width, height)
    left, top = (width - short) / 2, (height - short) / 2
    square = image.convert("RGB").resize(
        (side, side), Image.Resampling.BICUBIC, box=(left, top, left + short, top + short), reducing_gap=2.0
    )
    return (np.asarray(square, np.float32) / 255.0).ravel()


def _agreement(apart: NDArray[np.float32], labels: Sequence[str | None]) -> tuple[float | None, float | None]:
    known = np.array([label is not None for label in labels])
    if known.sum() < 3:
        return None, None
    names = np.array([label or "" for label in labels])[known]
    apart = apart[np.ix_(known, known)]
    same = names[:, None] == names[None]
    k = min(_NEAREST, len(names) - 1)
    near = np.argsort(np.where(np.isnan(apart), np.inf, apart), axis=1, kind="stable")[:, :k]
    chance = (same.sum() - len(names)) / (len(names) * (len(names) - 1))
    return float(np.take_along_axis(same, near, axis=1).mean()), float(chance)


def _timed(vectors: NDArray[np.float32]) -> float:
    squares = (vectors**2).sum(axis=1)
    best = float("inf")
    for row in range(min(8, len(vectors))):
        started = time.perf_counter()
        np.argsort(squares - 2 * (vectors @ vectors[row]))[:_NEAREST]
        best = min(best, time.perf_counter() - started)
    return 1000 * best


def _known(labels: Sequence[str | None]) -> tuple[list[str], NDArray[np.int64], NDArray[np.int64]]:
    """(classes of at least three pictures, their numbers for the pictures of these, and which pictures those are)."""
    counts: dict[str, int] = {}
    for label in labels:
        if label is not None:
            counts[label] = counts.get(label, 0) + 1
    classes = sorted(name for name, count in counts.items() if count >= 3)
    if len(classes) < 2:
        raise DataError("Label at least three pictures of each of two classes: there is nothing to tell apart yet.")
    kept = np.array([row for row, label in enumerate(labels) if label in classes])
    return classes, np.array([classes.index(str(labels[row])) for row in kept]), kept


def _split(
    truth: NDArray[np.int64], classes: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], list[NDArray[np.int64]]]:
    held: list[NDArray[np.int64]] = []
    pools: list[NDArray[np.int64]] = []
    for number in range(classes):
        rows = rng.permutation(np.flatnonzero(truth == number))
        out = max(1, round(_HELD_OUT * len(rows)))
        held.append(rows[:out])
        pools.append(rows[out:])
    return np.concatenate(held), pools


def _learned(samples: Vectors, truth: NDArray[np.int64], asked: Vectors) -> NDArray[np.int64]:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    # few samples say nothing beyond their own span: the same solution as on all numbers, found much faster
    basis, inside = np.linalg.qr(samples.astype(np.float64).T)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = LogisticRegression(C=10.0, max_iter=500).fit(inside.T, truth)
    return np.asarray(fitted.predict(asked @ basis))
