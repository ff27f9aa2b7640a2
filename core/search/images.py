"""Search of images: weighted terms to ranked hits with score and relevance, likely ones first."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.encoders.base import Encoder, Vectors
from core.library.filters import Filters
from core.library.index import VectorIndex
from core.library.schema import Item
from core.library.store import Library
from core.media.modalities import list_modalities
from core.media.modality import Segment
from core.search.combine import Combine, combine_terms
from core.search.query import Term, embed_query
from core.search.relevance import LIKELY, Relevance
from core.search.text_items import spell_out

MAX_HITS = 1_000
_CANDIDATES = 200  # ranked at least, even if fewer are shown: folding removes some, and relevance reorders them


@dataclass(frozen=True, slots=True)
class Hit:
    """A hit of a search.

    Parameters
    ----------
    item : Item
    score : float
        Cosine of query and item, -1 to 1; comparable within one query only.
    relevance : float
        Estimated probability that the item matches the query, 0 to 1.
    likely : bool
        Whether the relevance reaches `core.search.relevance.LIKELY`.
    segment : Segment, optional
        The part that fits best, in seconds of a video; None for an item that is one whole, such as a picture.
    duplicates : tuple of Item
        Near-duplicates that are folded into this hit.
    """

    item: Item
    score: float
    relevance: float
    likely: bool
    segment: Segment | None = None
    duplicates: tuple[Item, ...] = ()

    @property
    def start_s(self) -> float | None:
        """The start of `segment`."""
        return None if self.segment is None else self.segment.start

    @property
    def end_s(self) -> float | None:
        """The end of `segment`."""
        return None if self.segment is None else self.segment.end


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The hits of a search.

    Parameters
    ----------
    hits : tuple of Hit
        Best first.
    cutoff : int
        Number of likely hits, which come first; 0: nothing matches.
    considered : int
        Number of items that pass the filters.
    seconds : float
        Time of the search.
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
    combine: Combine = "joint",
) -> SearchResult:
    """Ranks a library's items against a query, exactly. An item of the query is not among the hits.

    Without `Filters.kind`, kinds that are embedded as text are left out: their cosines with words are on another scale.

    Parameters
    ----------
    library : Library
    encoder : Encoder
    terms : sequence of Term
        The query, see `parse_query`.
    top_k : int
        Most hits, 1 to 1,000; values beyond are clamped.
    filters : Filters, optional
    fold_duplicates : bool
        Whether near-duplicates become one hit.
    templates : sequence of str, optional
        See `embed_query`.
    combine : {"joint", "sum"}
        How several terms become one query, see `combine_terms`.

    Returns
    -------
    SearchResult

    Raises
    ------
    QueryError
        See `embed_query` and `combine_terms`.
    LibraryError
        The library cannot be read.
    """
    started = time.perf_counter()
    index = library.index(encoder)
    terms = spell_out(library, combine_terms(terms, combine))
    query = embed_query(encoder, terms, index=index, templates=templates)
    filters = filters or Filters()
    allowed = _get_allowed(index, filters, library, terms)
    rows = index.rows_with_vectors
    considered = len(rows) if allowed is None else int(allowed[rows].sum())
    top_k = max(1, min(int(top_k), MAX_HITS))
    scores, numbers = _rank_items(index, query, max(2 * top_k, _CANDIDATES), allowed)
    if len(numbers) == 0:
        return SearchResult((), 0, considered, time.perf_counter() - started)
    vectors = index.vectors(numbers)
    reading = Relevance.from_query(encoder, index.background, query, terms, items=_count_rivals(index, filters))
    relevance = reading.hit_probabilities(scores, vectors)
    order = np.lexsort((-scores, -relevance))
    ranked = _Ranked(index, numbers[order], vectors[order], scores[order], relevance[order])
    hits = tuple(ranked.make_hit(group) for group in ranked.groups(fold_duplicates)[:top_k])
    return SearchResult(hits, sum(hit.likely for hit in hits), considered, time.perf_counter() - started)


def _rank_items(
    index: VectorIndex, query: NDArray[np.float32], count: int, allowed: NDArray[np.bool_] | None
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The best vector of each of the `count` nearest items; a long video has thousands, but counts once."""
    wanted = count
    while True:
        scores, numbers = index.search(query, wanted, allowed=allowed)
        best = np.sort(np.unique(index.item_rows[numbers], return_index=True)[1])[:count]
        if len(best) == count or len(numbers) < wanted:
            return scores[best], numbers[best]
        wanted *= 4


def _count_rivals(index: VectorIndex, filters: Filters) -> int:
    """Number of vectors of the kind that is searched: each may match by chance."""
    of_kind = _mask_kind(index, filters.kind)
    return len(index) if of_kind is None else int(of_kind[index.item_rows].sum())


def _mask_kind(index: VectorIndex, kind: str | None) -> NDArray[np.bool_] | None:
    """(items,) which are of the kind that is searched; None: all."""
    texts = {modality.name for modality in list_modalities() if modality.embedded_as == "text"}
    texts &= set(pc.unique(index.items["kind"]).to_pylist()) if kind is None else texts
    if kind is not None or not texts:
        return Filters(kind=kind).mask(index.items)
    return ~pc.is_in(index.items["kind"], value_set=pa.array(sorted(texts))).to_numpy().astype(bool)


def _get_allowed(
    index: VectorIndex, filters: Filters, library: Library, terms: Sequence[Term]
) -> NDArray[np.bool_] | None:
    allowed, of_kind = filters.mask(index.items, library), _mask_kind(index, filters.kind)
    if allowed is None or of_kind is None:
        allowed = of_kind if allowed is None else allowed
    else:
        allowed &= of_kind
    own = [number for term in terms if term.kind == "item" for number in index.item_numbers(str(term.value))]
    if own:
        allowed = np.ones(len(index.items), bool) if allowed is None else allowed
        allowed[index.item_rows[own]] = False
    return allowed


@dataclass(frozen=True)
class _Ranked:
    """Ranked vectors, arrays of (n,), before near-duplicates are folded."""

    index: VectorIndex
    numbers: NDArray[np.int64]
    vectors: Vectors
    scores: NDArray[np.float32]
    relevance: NDArray[np.float32]

    def groups(self, fold: bool) -> list[list[int]]:
        """Ranks of each hit, the best rank first; `fold` puts near-duplicates of one kind together."""
        if not fold:
            return [[rank] for rank in range(len(self.numbers))]
        named = self.index.items["kind"].take(self.index.item_rows[self.numbers])
        kinds = np.unique(named.to_numpy(zero_copy_only=False), return_inverse=True)[1]
        alike = kinds[:, None] == kinds[None]  # a photo is no duplicate of a video that shows it
        same = (self.vectors @ self.vectors.T >= self.index.thresholds.near_duplicate) & alike
        groups: dict[int, list[int]] = {}
        for rank in range(len(same)):
            leader = next((other for other in np.flatnonzero(same[rank, :rank]) if int(other) in groups), rank)
            groups.setdefault(int(leader), []).append(rank)
        return list(groups.values())

    def make_hit(self, group: list[int]) -> Hit:
        best, number = group[0], int(self.numbers[group[0]])
        rows = self.index.item_rows[self.numbers[group]]
        rest = [
            self.index.item(int(self.numbers[rank])) for rank, row in zip(group, rows, strict=True) if row != rows[0]
        ]
        return Hit(
            item=self.index.item(number),
            score=float(self.scores[best]),
            relevance=float(self.relevance[best]),
            likely=bool(self.relevance[best] >= LIKELY),
            segment=self.index.segment(number),
            duplicates=tuple({item.id: item for item in rest}.values()),
        )
