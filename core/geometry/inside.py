"""Inside a vector: what its numbers respond to, what each word of a query does, and which part of a picture answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.encoders.base import Encoder, Vectors
from core.errors import Cancelled, DataError, QueryError
from core.points import Points
from core.progress import OnProgress, Progress
from core.query import embed_texts

DirectionKind = Literal["dimension", "component"]

_GREY = (127, 127, 127)


@dataclass(frozen=True, eq=False)
class Response:
    """What a direction of the space responds to.

    direction: (dim,) unit. values: (n,) inner products of the points with it. order: (n,) numbers of the points from
    the lowest to the highest. share: of the variance of the points that lies along it, 0 to 1. low, high: words whose
    vectors, beside those of all words, point most to either end, the farthest first.
    """

    direction: NDArray[np.float32]
    values: NDArray[np.float32]
    order: NDArray[np.int64]
    share: float
    low: tuple[str, ...]
    high: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WordStep:
    """A query up to one of its words. text: so far. to_whole: its cosine with the whole query; moved: the angle in
    degrees by which the word turned it, 0 for the first. without: cosine of the whole query with itself but for this
    word: the lower, the more the word matters.
    """

    word: str
    text: str
    vector: NDArray[np.float32]
    to_whole: float
    moved: float
    without: float


@dataclass(frozen=True, eq=False)
class Heat:
    """Which part of a picture answers. score: cosine of the whole picture. drops: (rows, columns) how much the cosine
    falls where that part is covered, averaged over the covers that reach it; below 0: the query fits better without.
    """

    score: float
    drops: NDArray[np.float32]


def response_of(
    points: Points, number: int, *, kind: DirectionKind = "component", words: Sequence[str] = (), word_vectors: Vectors
) -> Response:
    """What a dimension or a principal component (counted from 0) responds to.

    words, word_vectors: (w, dim) unit rows that name its ends. The sign of a component is arbitrary; it is chosen so
    that its largest number is positive. Raises DataError for a number that there is not, or fewer than three points.
    """
    vectors = points.vectors
    if len(vectors) < 3:
        raise DataError("It takes at least three points to see what a direction responds to.")
    centred = vectors - vectors.mean(axis=0)
    total = float((centred**2).sum())
    most = vectors.shape[1] if kind == "dimension" else min(vectors.shape)
    if not 0 <= number < most:
        raise DataError(f"There are {most} of them, counted from 0: choose another number than {number}.")
    if kind == "dimension":
        direction = np.zeros(vectors.shape[1], np.float32)
        direction[number] = 1.0
    else:
        direction = principal_components(vectors, number + 1)[number]
    along = centred @ direction
    ends = (word_vectors - word_vectors.mean(axis=0)) @ direction if len(word_vectors) else np.empty(0)
    ranked = [words[place] for place in np.argsort(ends)]
    values = vectors @ direction
    return Response(
        direction, values, np.argsort(values, kind="stable"), float((along**2).sum()) / max(total, 1e-12),
        tuple(ranked[:5]), tuple(ranked[::-1][:5]),
    )  # fmt: skip


def principal_components(vectors: Vectors, count: int) -> Vectors:
    """(count, dim) unit rows: the directions of the most variance, the largest first; signs as `response_of` says."""
    from sklearn.decomposition import PCA

    count = min(count, *vectors.shape)
    found = PCA(count, svd_solver="randomized" if count < min(vectors.shape) else "full", random_state=0).fit(vectors)
    rows = np.asarray(found.components_, np.float32)
    return rows * np.sign(rows[np.arange(len(rows)), np.abs(rows).argmax(axis=1)])[:, None]


def word_by_word(encoder: Encoder, text: str, *, templates: Sequence[str] | None = None) -> list[WordStep]:
    """How the vector of a query grows word by word, and what it would be without each. Raises QueryError for none."""
    words = text.split()
    if not words:
        raise QueryError("Type a few words.")
    prefixes = [" ".join(words[: place + 1]) for place in range(len(words))]
    rests = [" ".join(words[:place] + words[place + 1 :]) for place in range(len(words))]
    vectors = embed_texts(encoder, prefixes, templates=templates)
    whole = vectors[-1]
    others = embed_texts(encoder, rests, templates=templates) @ whole if len(words) > 1 else np.zeros(1)
    turns = np.degrees(np.arccos(np.clip((vectors[1:] * vectors[:-1]).sum(axis=1), -1.0, 1.0)))
    moved = [0.0, *map(float, turns)]
    return [
        WordStep(word, prefix, vector, float(vector @ whole), turn, float(rest))
        for word, prefix, vector, turn, rest in zip(words, prefixes, vectors, moved, others, strict=True)
    ]


def heat_of(
    encoder: Encoder,
    image: Image.Image,
    query: NDArray[np.float32],
    *,
    cells: int = 8,
    cover: int = 3,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> Heat:
    """Which part of a picture answers a query, by covering one part after another (occlusion, Zeiler and Fergus 2014):
    it takes nothing of an encoder but `encode_images`, so it works with any.

    The picture is laid out in about cells x cells squares, and a grey patch of cover x cover of them moves over it
    square by square. query: (dim,) unit. What the encoder does not look at (the rims, where it takes the middle square)
    has drops of 0. Raises Cancelled.
    """
    image = image.convert("RGB")
    image.thumbnail((2 * encoder.min_side, 2 * encoder.min_side))
    size = max(image.size) / cells
    columns, rows = (max(1, round(side / size)) for side in image.size)
    places = [(top, left) for top in range(1 - cover, rows) for left in range(1 - cover, columns)]
    started = time.monotonic()
    score = float(encoder.encode_images([image])[0] @ query)
    drops, covers = np.zeros((rows, columns), np.float64), np.zeros((rows, columns), np.float64)
    for first in range(0, len(places), encoder.batch_size):
        if cancel is not None and cancel.is_set():
            raise Cancelled
        some = places[first : first + encoder.batch_size]
        scores = encoder.encode_images([_covered(image, rows, columns, place, cover) for place in some]) @ query
        for (top, left), found in zip(some, scores, strict=True):
            part = np.s_[max(0, top) : top + cover, max(0, left) : left + cover]
            drops[part] += score - float(found)
            covers[part] += 1
        if on_progress:
            done = first + len(some)
            on_progress(Progress("look", done, len(places), time.monotonic() - started, "covers"))
    return Heat(score, (drops / covers).astype(np.float32))


def over_picture(image: Image.Image, heat: Heat) -> Image.Image:
    """The picture, darker where it does not answer: drops below 0 count as 0, the largest drop as fully lit."""
    lit = np.clip(heat.drops, 0.0, None) / max(float(heat.drops.max()), 1e-6)
    mask = Image.fromarray((55 + 200 * lit).astype(np.uint8)).resize(image.size, Image.Resampling.BICUBIC)
    return Image.composite(image.convert("RGB"), Image.new("RGB", image.size, (12, 14, 18)), mask)


def _covered(image: Image.Image, rows: int, columns: int, place: tuple[int, int], cover: int) -> Image.Image:
    top, left = place
    across, down = image.width / columns, image.height / rows
    patched = image.copy()
    edges = (left * across, top * down, (left + cover) * across, (top + cover) * down)
    west, north, east, south = (max(0, round(edge)) for edge in edges)
    patched.paste(_GREY, (west, north, east, south))
    return patched
