"""A library sorted along an axis that two phrases span: "calm" ... "busy"."""

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

_SAME = 1e-4  # length of a difference below which two phrases are one
_AGAINST = 0.5  # how much the other phrase counts against a picture that is to mark an end
_MARKS = (3, 50)  # fewest and most pictures that mark an end
_MARKS_SHARE = 0.02  # of all
_FEWEST = 12  # points below which too few are left to sort between the ends


@dataclass(frozen=True, eq=False)
class Axis:
    """The points of a library along one direction.

    low, high: the two phrases. values: (n,) for each of `points`, see `axis_values`. by: what marks the ends; "words"
    where there are too few points. standing: (n,) share of the points that lie lower, 0 to 1.
    """

    low: str
    high: str
    points: Points
    values: NDArray[np.float32]
    by: By

    @property
    def standing(self) -> NDArray[np.float32]:
        order = np.argsort(self.order, kind="stable")
        return (order / max(1, len(order) - 1)).astype(np.float32)

    @property
    def order(self) -> NDArray[np.int64]:
        """(n,) the numbers of the points from low to high."""
        return np.argsort(self.values, kind="stable")

    def select_around(self, share: float, count: int) -> NDArray[np.int64]:
        """The numbers of up to `count` points around a place, 0 (lowest) to 1 (highest), from low to high."""
        count = min(count, len(self.values))
        first = round(share * (len(self.values) - count))
        return self.order[first : first + count]

    def select_spread(self, count: int) -> NDArray[np.int64]:
        """The numbers of up to `count` points at even steps from the lowest to the highest, both included."""
        places = np.linspace(0, len(self.values) - 1, min(count, len(self.values)))
        return self.order[np.unique(np.round(places).astype(np.int64))]


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
    """A library along an axis typed as two phrases, each through the encoder's templates; several for one end are
    written with semicolons between them and averaged.

    points: to be put on it (for a second axis, those of the first), default `load_points` with filters and limit.
    Raises QueryError for an empty phrase or two equal ones, DataError and LibraryError.
    """
    ends = embed_ends(encoder, low, high)
    points = points or load_points(library, encoder, filters=filters, limit=limit)
    by = by if len(points) >= _FEWEST else "words"
    return Axis(low.strip(), high.strip(), points, axis_values(points.vectors, ends, by=by), by)


def embed_ends(encoder: Encoder, low: str, high: str) -> Vectors:
    """(2, dim) unit vectors of the two ends. Raises QueryError."""
    phrases = [_phrases(low), _phrases(high)]
    if not all(phrases):
        raise QueryError("Type a phrase for either end of the axis.")
    ends = unit_rows(np.stack([embed_texts(encoder, phrase).mean(axis=0) for phrase in phrases]))
    if np.linalg.norm(ends[1] - ends[0]) < _SAME:
        raise QueryError("Both ends of the axis mean the same: type two phrases that differ.")
    return ends


def axis_values(vectors: Vectors, ends: Vectors, *, by: By = "pictures") -> NDArray[np.float32]:
    """(n,) where unit rows (n, dim) lie between two ends (2, dim), -2 to 2: the cosine with the high end minus that
    with the low one. What lies at 0 is as near to one as to the other, which says little in itself.

    by: "words" takes the phrases as the ends. "pictures" lets them choose the 2 % of the vectors (3 to 50) that answer
    to one phrase and not to the other, and takes the means of those: pictures are compared with pictures, so that the
    gap between words and pictures does not count (pseudo-relevance feedback, Rocchio 1971).
    """
    scores = vectors @ ends.T
    if by == "words":
        return scores[:, 1] - scores[:, 0]
    count = min(max(_MARKS[0], min(round(_MARKS_SHARE * len(vectors)), _MARKS[1])), len(vectors))
    marks = [np.argsort(-(scores[:, end] - _AGAINST * scores[:, 1 - end]), kind="stable")[:count] for end in (0, 1)]
    low, high = unit_rows(np.stack([vectors[rows].mean(axis=0) for rows in marks]))
    return vectors @ (high - low)


def pick_scattered(across: Axis, up: Axis, cells: int = 6) -> NDArray[np.int64]:
    """The numbers of points all over a plane of two axes: of each of cells x cells fields one, in its midst."""
    places = np.stack([across.values, up.values], axis=1)
    low, high = places.min(axis=0), places.max(axis=0)
    at = (places - low) / np.maximum(high - low, 1e-9) * cells
    field = np.minimum(at.astype(np.int64), cells - 1)
    order = np.argsort(((at - field - 0.5) ** 2).sum(axis=1), kind="stable")
    numbers = field[order, 0] * cells + field[order, 1]
    return order[np.unique(numbers, return_index=True)[1]]


def _phrases(text: str) -> Sequence[str]:
    return [" ".join(part.split()) for part in text.split(";") if part.strip()]


__getattr__ = renamed_names(__name__)
