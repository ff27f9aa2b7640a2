"""Sorts a library along a semantic axis between two phrases, such as "calm" and "busy"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.deprecated import renamed_names
from core.encoders.base import Encoder, Vectors, unit_rows
from core.encoders.prompts import embed_texts
from core.errors import QueryError
from core.library.filters import Filters
from core.library.points import Points, load_points
from core.library.store import Library

By = Literal["pictures", "words"]

_SAME = 1e-4  # distance below which two phrases count as equal
_AGAINST = 0.5  # weight of the opposite phrase against a picture that represents an end
_EXAMPLES = (3, 50)  # fewest and most pictures that represent an end
_EXAMPLES_SHARE = 0.02  # of all pictures
_FEWEST = 12  # points; with fewer, too few are left between the ends


@dataclass(frozen=True, eq=False)
class Axis:
    """The points of a library along one direction.

    Attributes
    ----------
    low, high : str
        The two phrases.
    points : Points
    values : array of float32, shape (n,)
        Position of each point, see `axis_values`.
    by : {"pictures", "words"}
        What represents the ends; always "words" if there are too few points.
    """

    low: str
    high: str
    points: Points
    values: NDArray[np.float32]
    by: By

    @property
    def standing(self) -> NDArray[np.float32]:
        """Share of the other points that lie lower, (n,), 0 to 1."""
        order = np.argsort(self.order, kind="stable")
        return (order / max(1, len(order) - 1)).astype(np.float32)

    @property
    def order(self) -> NDArray[np.int64]:
        """Numbers of the points from low to high, (n,)."""
        return np.argsort(self.values, kind="stable")

    def select_around(self, share: float, count: int) -> NDArray[np.int64]:
        """Numbers of up to `count` points around a rank, 0 (lowest) to 1 (highest), from low to high."""
        count = min(count, len(self.values))
        first = round(share * (len(self.values) - count))
        return self.order[first : first + count]

    def select_spread(self, count: int) -> NDArray[np.int64]:
        """Numbers of up to `count` points at even steps from the lowest to the highest, both included."""
        ranks = np.linspace(0, len(self.values) - 1, min(count, len(self.values)))
        return self.order[np.unique(np.round(ranks).astype(np.int64))]


def measure_axis(
    library: Library,
    encoder: Encoder,
    low: str,
    high: str,
    *,
    by: By = "pictures",
    points: Points | None = None,
    filters: Filters | None = None,
    limit: int | None = None,
) -> Axis:
    """Sorts a library along an axis between two phrases.

    Parameters
    ----------
    library : Library
    encoder : Encoder
    low, high : str
        Phrases of the ends; several for one end are separated by semicolons and averaged.
    by : {"pictures", "words"}
        See `axis_values`.
    points : Points, optional
        Points to sort, for instance those of another axis. Default: `load_points` with `filters` and `limit`.
    filters : Filters, optional
    limit : int, optional
        Most points.

    Returns
    -------
    Axis

    Raises
    ------
    QueryError
        A phrase is empty, or both are equal.
    DataError
        There are no points.
    LibraryError
        The library cannot be read.
    """
    ends = embed_ends(encoder, low, high)
    points = points or load_points(library, encoder, filters=filters, limit=limit)
    by = by if len(points) >= _FEWEST else "words"
    return Axis(low.strip(), high.strip(), points, axis_values(points.vectors, ends, by=by), by)


def embed_ends(encoder: Encoder, low: str, high: str) -> Vectors:
    """Vectors of the two ends of an axis.

    Parameters
    ----------
    encoder : Encoder
    low, high : str
        Phrases, separated by semicolons.

    Returns
    -------
    array of float32, shape (2, dim)
        Unit rows.

    Raises
    ------
    QueryError
        A phrase is empty, or both are equal.
    """
    phrases = [_phrases(low), _phrases(high)]
    if not all(phrases):
        raise QueryError("Type a phrase for each end of the axis.")
    ends = unit_rows(np.stack([embed_texts(encoder, phrase).mean(axis=0) for phrase in phrases]))
    if np.linalg.norm(ends[1] - ends[0]) < _SAME:
        raise QueryError("Both ends of the axis mean the same: type two phrases that differ.")
    return ends


def axis_values(vectors: Vectors, ends: Vectors, *, by: By = "pictures") -> NDArray[np.float32]:
    """Positions of vectors between two ends: the cosine with the high end minus that with the low one.

    Parameters
    ----------
    vectors : array of float32, shape (n, dim)
        Unit rows.
    ends : array of float32, shape (2, dim)
        Unit rows, see `embed_ends`.
    by : {"pictures", "words"}
        "words": the phrases are the ends. "pictures": the ends are means of the 2 % of the vectors (3 to 50) that match
        one phrase and not the other, so that the gap between words and pictures has no effect (pseudo-relevance
        feedback [1]_).

    Returns
    -------
    array of float32, shape (n,)
        -2 to 2. At 0, both ends are equally near, which alone does not mean a match with either.

    References
    ----------
    .. [1] Rocchio 1971, "Relevance feedback in information retrieval"
    """
    scores = vectors @ ends.T
    if by == "words":
        return scores[:, 1] - scores[:, 0]
    fewest, most = _EXAMPLES
    count = min(max(fewest, min(round(_EXAMPLES_SHARE * len(vectors)), most)), len(vectors))
    examples = [np.argsort(-(scores[:, end] - _AGAINST * scores[:, 1 - end]), kind="stable")[:count] for end in (0, 1)]
    low, high = unit_rows(np.stack([vectors[rows].mean(axis=0) for rows in examples]))
    return vectors @ (high - low)


def pick_scattered(across: Axis, up: Axis, cells: int = 6) -> NDArray[np.int64]:
    """Points spread over a plane of two axes: the most central one of each cell of a grid.

    Parameters
    ----------
    across, up : Axis
        Of the same points.
    cells : int
        Cells along each axis.

    Returns
    -------
    array of int64, shape (m,)
        Numbers of the points, m <= cells ** 2.
    """
    positions = np.stack([across.values, up.values], axis=1)
    low, high = positions.min(axis=0), positions.max(axis=0)
    scaled = (positions - low) / np.maximum(high - low, 1e-9) * cells
    cell = np.minimum(scaled.astype(np.int64), cells - 1)
    order = np.argsort(((scaled - cell - 0.5) ** 2).sum(axis=1), kind="stable")
    numbers = cell[order, 0] * cells + cell[order, 1]
    return order[np.unique(numbers, return_index=True)[1]]


def _phrases(text: str) -> Sequence[str]:
    return [" ".join(part.split()) for part in text.split(";") if part.strip()]


__getattr__ = renamed_names(__name__)
