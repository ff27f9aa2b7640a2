"""The vectors of an index in half precision, in parts: threads share one query, and new vectors join without reading or
copying the others."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, cached_property

import faiss
import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Vectors

_PART = 16_384  # rows: 40 MB with the embedded encoder, so that converting one never doubles the memory
_FEW = 0.05  # of a part: up to there, a product with these rows alone is quicker than a search that skips the others
_LANES = 16

Found = tuple[NDArray[np.float32], NDArray[np.int64]]


@dataclass(frozen=True, eq=False)
class VectorParts:
    """n unit vectors, immutable: a change makes a new object, which shares the parts that stay.

    Attributes
    ----------
    dim : int
    parts : tuple of faiss.IndexScalarQuantizer
        In the order of the numbers of their rows.
    """

    dim: int
    parts: tuple[faiss.IndexScalarQuantizer, ...] = ()

    def __len__(self) -> int:
        return int(self._starts[-1])

    def search(self, query: NDArray[np.float32], k: int, *, among: NDArray[np.int64] | None = None) -> Found:
        """The rows with the largest inner products.

        Parameters
        ----------
        query : array of float32, shape (dim,)
        k : int
            How many at most.
        among : array of int64, optional
            Numbers of the rows to search, ascending; all if not given.

        Returns
        -------
        products, numbers : arrays, shape (m,)
            Best first, m <= k; equal products in the order of their numbers. Which of them come in where k ends is left
            open.
        """
        if k <= 0:
            return np.empty(0, np.float32), np.empty(0, np.int64)
        wanted = pad_rows(query[None])
        asked = [(number, self._inside(number, among)) for number in range(len(self.parts))]
        asked = [(number, rows) for number, rows in asked if rows is None or len(rows)]

        def search_part(each: tuple[int, NDArray[np.int64] | None]) -> Found:
            number, rows = each
            products, found = _search_part(self.parts[number], wanted, k, rows)
            return products, found + self._starts[number]

        several = len(asked) > 1
        results = list(_threads().map(search_part, asked)) if several else [search_part(each) for each in asked]
        if not results:
            return np.empty(0, np.float32), np.empty(0, np.int64)
        products, numbers = (np.concatenate(column) for column in zip(*results, strict=True))
        best = np.lexsort((numbers, -products))[:k]
        return products[best], numbers[best]

    def get(self, numbers: NDArray[np.int64]) -> Vectors:
        """float32 (len(numbers), dim) of the rows with these numbers."""
        numbers = np.ascontiguousarray(numbers, np.int64)
        found = np.empty((len(numbers), self.dim), np.float32)
        of = np.searchsorted(self._starts, numbers, side="right") - 1
        for number in np.unique(of):
            here = np.flatnonzero(of == number)
            rows = self.parts[number].reconstruct_batch(numbers[here] - self._starts[number])
            found[here] = rows[:, : self.dim]
        return found

    def extended(self, batches: Iterable[NDArray[np.floating]]) -> VectorParts:
        """With further rows at the end. batches: (m, dim) each."""
        parts = [*self.parts]
        for batch in batches:
            while len(batch):
                if not parts or parts[-1].ntotal >= _PART:
                    parts.append(make_flat_index(self.dim))
                elif (
                    self.parts and parts[-1] is self.parts[-1]
                ):  # shared with this object, which others may be searching
                    parts[-1] = _copy(parts[-1])
                room = _PART - parts[-1].ntotal
                parts[-1].add(pad_rows(batch[:room]))
                batch = batch[room:]
        return VectorParts(self.dim, tuple(parts))

    def kept(self, mask: NDArray[np.bool_]) -> VectorParts:
        """Without the rows that a mask (n,) leaves out, which changes the numbers of those after them."""
        if mask.all():
            return self
        inside = [mask[start:stop] for start, stop in zip(self._starts, self._starts[1:], strict=False)]
        pairs = zip(self.parts, inside, strict=True)
        return VectorParts(
            self.dim,
            tuple(part if keep.all() else _copy(part, np.flatnonzero(keep)) for part, keep in pairs if keep.any()),
        )

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        """(parts + 1,) the number of the first row of each part, and that of all rows."""
        return np.cumsum([0, *(part.ntotal for part in self.parts)]).astype(np.int64)

    def _inside(self, number: int, among: NDArray[np.int64] | None) -> NDArray[np.int64] | None:
        """Those of some rows that lie in a part, by their place in it; None for all of them."""
        start, stop = self._starts[number : number + 2]
        if among is None:
            return None
        first, last = np.searchsorted(among, (start, stop))
        return None if last - first == stop - start else among[first:last] - start


def make_flat_index(dim: int) -> faiss.IndexScalarQuantizer:
    """An empty exact index for rows of `pad_rows`: inner products over half-precision vectors."""
    width = pad_rows(np.empty((0, dim), np.float32)).shape[1]
    return faiss.IndexScalarQuantizer(width, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)


def pad_rows(rows: NDArray[np.floating]) -> Vectors:
    """Rows (n, dim) as float32, padded with zeros to whole SIMD lanes, which makes FAISS twelve times as fast."""
    return np.pad(np.asarray(rows, np.float32), ((0, 0), (0, -rows.shape[1] % _LANES)))


def _search_part(part: faiss.IndexScalarQuantizer, query: Vectors, k: int, rows: NDArray[np.int64] | None) -> Found:
    """rows: ascending, some of the part; None for all."""
    count = part.ntotal if rows is None else len(rows)
    k = min(k, count)
    if rows is not None and count <= _FEW * part.ntotal:
        products = part.reconstruct_batch(rows) @ query[0]
        best = np.argsort(-products, kind="stable")[:k]
        return products[best], rows[best]
    params = None
    if rows is not None:
        mask = np.zeros(part.ntotal, bool)
        mask[rows] = True
        bits = np.packbits(mask, bitorder="little")
        params = faiss.SearchParameters(sel=faiss.IDSelectorBitmap(bits))  # type: ignore[call-arg, arg-type]
    products, found = part.search(query, k, params=params)
    there = found[0] >= 0
    return products[0][there], found[0][there]


def _copy(part: faiss.IndexScalarQuantizer, rows: NDArray[np.int64] | None = None) -> faiss.IndexScalarQuantizer:
    copy = faiss.IndexScalarQuantizer(part.d, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    copy.add(part.reconstruct_n(0, part.ntotal) if rows is None else part.reconstruct_batch(rows))
    return copy


@cache
def _threads() -> ThreadPoolExecutor:
    """One for each core that this process may use; FAISS releases the interpreter while it searches."""
    return ThreadPoolExecutor(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())
