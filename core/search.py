"""Search: weighted terms to ranked hits, each with a score, a relevance, and a line where likely matches end."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder
from core.filters import Filters
from core.library.index import VectorIndex
from core.library.schema import Item
from core.library.store import Library
from core.query import Term, embed_query
from core.relevance import Relevance

MAX_HITS = 1_000
_CANDIDATES = 200  # ranked closely by relevance, beyond what is shown


@dataclass(frozen=True, slots=True)
class Hit:
    """One answer of a search.

    score: cosine of query and item, -1 to 1; comparable within one query only. relevance: 0 to 1, the estimated
    probability that the item is what the query means (see `core.relevance`). likely: above the line (0.5).
    start_s, end_s: seconds within a video, else None. duplicates: near-identical items folded into this one.
    """

    item: Item
    score: float
    relevance: float
    likely: bool
    start_s: float | None = None
    end_s: float | None = None
    duplicates: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Hits, best first. cutoff: how many of them are likely, all of which come first; 0 means "nothing here matches".

    considered: items left after the filters. seconds: from the query's terms to here.
    """

    hits: tuple[Hit, ...]
    cutoff: int
    considered: int
    seconds: float


def search(
    library: Library,
    encoder: Encoder,
    terms: Sequence[Term],
    *,
    top_k: int = 50,
    filters: Filters | None = None,
    fold_duplicates: bool = True,
    templates: Sequence[str] | None = None,
) -> SearchResult:
    """Ranks a library's items against a query, exactly.

    top_k: clamped to 1..1,000 and to what there is. templates: see `embed_query`. An item of the query is not among
    its own answers. Raises QueryError (see `embed_query`) and LibraryError.
    """
    started = time.perf_counter()
    index = library.index(encoder)
    query = embed_query(encoder, terms, index=index, templates=templates)
    allowed = _allowed(index, filters or Filters(), terms)
    considered = int(allowed.sum()) if allowed is not None else len(index.items)
    top_k = max(1, min(int(top_k), MAX_HITS))
    scores, numbers = index.search(query, max(2 * top_k, _CANDIDATES), allowed=allowed)
    if len(numbers) == 0:
        return SearchResult((), 0, considered, time.perf_counter() - started)
    relevance = Relevance.of(encoder, index, query, terms).of_hits(scores, numbers)
    order = np.lexsort((-scores, -relevance))
    groups = _group(index, numbers[order], fold_duplicates)
    hits = tuple(_hit(index, order, scores, relevance, numbers, group) for group in groups[:top_k])
    return SearchResult(hits, sum(hit.likely for hit in hits), considered, time.perf_counter() - started)


def _allowed(index: VectorIndex, filters: Filters, terms: Sequence[Term]) -> NDArray[np.bool_] | None:
    allowed = filters.mask(index.items)
    asked = [number for term in terms if term.kind == "item" for number in index.numbers_of(str(term.value))]
    if asked:
        allowed = np.ones(len(index.items), bool) if allowed is None else allowed
        allowed[index.item_rows[asked]] = False
    return allowed


def _group(index: VectorIndex, numbers: NDArray[np.int64], fold: bool) -> list[list[int]]:
    """Ranks gathered into hits: vectors of one item always, near-identical items if asked; the best rank leads."""
    vectors = index.vectors(numbers)
    rows = index.item_rows[numbers]
    groups: list[list[int]] = []
    leaders: list[int] = []
    for rank in range(len(numbers)):
        same = rows[leaders] == rows[rank]
        if fold:
            same |= vectors[leaders] @ vectors[rank] >= NEAR_DUPLICATE
        if same.any():
            groups[int(np.argmax(same))].append(rank)
        else:
            groups.append([rank])
            leaders.append(rank)
    return groups


NEAR_DUPLICATE = 0.985  # cosine; the same shot resized or saved again lies above, two shots of one scene below


def _hit(
    index: VectorIndex,
    order: NDArray[np.int64],
    scores: NDArray[np.float32],
    relevance: NDArray[np.float32],
    numbers: NDArray[np.int64],
    group: list[int],
) -> Hit:
    best = order[group[0]]
    number = int(numbers[best])
    others = {int(index.item_rows[numbers[order[rank]]]) for rank in group[1:]} - {int(index.item_rows[number])}
    duplicates = tuple(Item.from_row(index.items.slice(row, 1).to_pylist()[0]) for row in sorted(others))
    start, end = float(index.start_s[number]), float(index.end_s[number])
    return Hit(
        index.item(number),
        float(scores[best]),
        float(relevance[best]),
        bool(relevance[best] >= 0.5),
        None if np.isnan(start) else start,
        None if np.isnan(end) else end,
        duplicates,
    )
