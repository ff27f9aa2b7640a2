"""Search of images: weighted terms to ranked hits, of which any number can be asked for.

The nearest items, a thousand at least, are put in the order of their match: the order is that of the number shown. So
asking for more changes nothing among the first thousand, unless the library has an item that is better by its match
than by what the search is by, and further down than that.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder, Vectors
from core.library.filters import Filters
from core.library.index import VectorIndex
from core.library.schema import Item
from core.library.store import Library
from core.media.modalities import VIDEO, list_text_kinds
from core.media.modality import Segment
from core.previews.notebook import MOST_CARDS, Card, card_of_item, show_cards
from core.search.captions import CaptionReading, read_captions
from core.search.combine import Combine, combine_terms
from core.search.match_text import describe_match, describe_result, quote_caption
from core.search.passages.items import spell_out
from core.search.query import Term, embed_query
from core.search.relevance import LIKELY, Copy, Relevance
from core.search.relevance.frames import limit_moment_match

_LEAST = 1_000  # items that the match puts in order, however few are asked for
_BLOCK = 200  # near-duplicates are folded within two blocks


@dataclass(frozen=True, slots=True)
class Hit:
    """A hit of a search.

    Parameters
    ----------
    item : Item
    score : float
        Cosine of query and item, -1 to 1; comparable within one query only.
    relevance : float
        The match: estimated probability that the item is what the query means, 0 to 1. The same for the same item,
        words and library, whatever the filters.
    likely : bool
        Whether the relevance reaches `core.search.relevance.LIKELY`.
    segment : Segment, optional
        The part that fits best, in seconds of a video; None for an item that is one whole, such as a picture.
    duplicates : tuple of Item
        Near-duplicates that are folded into this hit.
    copy : {"same", "part"}, optional
        Of a query that is a picture: whether the item is that very picture, or another part of it.
    judged : bool
        Whether the relevance was measured for such queries and this encoder; see `SearchResult.judged`.
    caption : str, optional
        The caption of the item that speaks for it, where it does so more than what is to be seen.
    """

    item: Item
    score: float
    relevance: float
    likely: bool
    segment: Segment | None = None
    duplicates: tuple[Item, ...] = ()
    copy: Copy | None = None
    judged: bool = True
    caption: str | None = None

    @property
    def start_s(self) -> float | None:
        """The start of `segment`."""
        return None if self.segment is None else self.segment.start

    @property
    def end_s(self) -> float | None:
        """The end of `segment`."""
        return None if self.segment is None else self.segment.end

    @property
    def shown_s(self) -> float | None:
        """The second of a video at which its `segment` is seen as it was embedded: its middle, as its start may still
        show what came before. Of other kinds the start."""
        if self.segment is None or self.item.kind != VIDEO.name:
            return self.start_s
        return (self.segment.start + self.segment.end) / 2

    @property
    def is_certain(self) -> bool:
        """Whether it stands above the line where doubt begins; without a judgement there is no line."""
        return self.likely or not self.judged

    def to_card(self) -> Card:
        """What a notebook shows of it."""
        note = " · ".join(filter(None, (describe_match(self), quote_caption(self.caption))))
        return card_of_item(self.item, note, time_s=self.start_s)

    def _repr_html_(self) -> str:
        return show_cards([self.to_card()], heading="A hit")


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The hits of a search.

    Parameters
    ----------
    hits : tuple of Hit
        Best first.
    cutoff : int
        Number of likely hits, which come first: where doubt begins. 0: nothing matches.
    considered : int
        Number of items that pass the filters.
    seconds : float
        Time of the search.
    judged : bool
        Whether the matches were measured for queries of this kind. If not, as for queries with pictures, the order
        counts, but neither `cutoff` nor a percentage says anything.
    """

    hits: tuple[Hit, ...]
    cutoff: int
    considered: int
    seconds: float
    judged: bool = True

    def _repr_html_(self) -> str:
        heading = describe_result(len(self.hits), self.cutoff, self.considered, self.judged)
        return show_cards([hit.to_card() for hit in self.hits[:MOST_CARDS]], heading=heading, total=len(self.hits))


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
    captions: bool = True,
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
        Most hits, at least 1. Thousands take seconds: each hit is compared with the reference prompts.
    filters : Filters, optional
    fold_duplicates : bool
        Whether near-duplicates become one hit.
    templates : sequence of str, optional
        See `embed_query`.
    combine : {"joint", "sum"}
        How several terms become one query, see `combine_terms`.
    captions : bool
        Whether the captions that the library stores count as well, see `core.search.captions`.

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
    top_k = max(1, int(top_k))
    rows = index.rows_with_vectors
    considered = len(rows) if allowed is None else int(allowed[rows].sum())
    if not considered:
        return SearchResult((), 0, 0, time.perf_counter() - started)
    reading = Relevance.from_library(encoder, index, query, terms, texts=_is_text(filters.kind))
    judged = reading.by_text and reading.calibration.is_measured
    said = read_captions(library, index, terms) if captions and reading.ranks else None
    ranked, groups = _rank(index, reading, said, allowed, top_k, fold=fold_duplicates)
    hits = tuple(ranked.make_hit(group, judged=judged) for group in groups)
    return SearchResult(hits, sum(hit.likely for hit in hits), considered, time.perf_counter() - started, judged)


def _rank(
    index: VectorIndex,
    reading: Relevance,
    said: CaptionReading | None,
    allowed: NDArray[np.bool_] | None,
    top_k: int,
    *,
    fold: bool,
) -> tuple[_Ranked, list[list[int]]]:
    """The ranked vectors, and the ranks of each of the first `top_k` hits."""
    count = -(-top_k // _LEAST) * _LEAST
    while True:
        numbers = _rank_items(index, reading, count, allowed)
        is_all = len(numbers) < count
        if said is not None:
            numbers = _add_items(index, reading, numbers, said.list_nearest(allowed))
        ranked = _Ranked.judge(index, reading, numbers, said)
        groups = ranked.fold(top_k) if fold else [[rank] for rank in range(len(numbers))]
        if len(groups) >= top_k or is_all:
            return ranked, groups[:top_k]
        count *= 2  # folding left too few


def _rank_items(
    index: VectorIndex, reading: Relevance, count: int, allowed: NDArray[np.bool_] | None
) -> NDArray[np.int64]:
    """The best vector of each of the `count` nearest items; a long video has thousands, but counts once."""
    wanted = count
    while True:
        numbers = reading.find_nearest(index, wanted, allowed)
        best = np.sort(np.unique(index.item_rows[numbers], return_index=True)[1])[:count]
        if len(best) == count or len(numbers) < wanted:
            return numbers[best]
        wanted *= 4


def _add_items(
    index: VectorIndex, reading: Relevance, numbers: NDArray[np.int64], rows: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The numbers, and those of the best vectors of items in these rows that are not among them."""
    missing = np.zeros(len(index.items), bool)
    missing[rows] = True
    missing[index.item_rows[numbers]] = False
    if not missing.any():
        return numbers
    return np.concatenate([numbers, _rank_items(index, reading, int(missing.sum()), missing)])


def _is_text(kind: str | None) -> bool:
    return kind in list_text_kinds()


def _get_allowed(
    index: VectorIndex, filters: Filters, library: Library, terms: Sequence[Term]
) -> NDArray[np.bool_] | None:
    allowed, of_kind = filters.mask(index.items, library), None if filters.kind else index.is_seen
    if of_kind is not None:
        allowed = of_kind if allowed is None else allowed & of_kind
    own = [number for term in terms if term.kind == "item" for number in index.item_numbers(str(term.value))]
    if own:
        allowed = np.ones(len(index.items), bool) if allowed is None else allowed.copy()
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
    copies: list[Copy | None]
    by_pixels: NDArray[np.float32]  # the match without captions
    said: CaptionReading | None

    @classmethod
    def judge(
        cls, index: VectorIndex, reading: Relevance, numbers: NDArray[np.int64], said: CaptionReading | None
    ) -> _Ranked:
        """Puts the nearest vectors in the order of their match."""
        vectors = index.vectors(numbers)
        scores = vectors @ reading.query
        posteriors = reading.posteriors_of(numbers, vectors) if reading.by_text else scores
        strength = posteriors if reading.ranks or not reading.by_text else reading.sharp_posterior(scores, vectors)
        matches = reading.match(posteriors) if reading.by_text else reading.hit_probabilities(scores, vectors)
        order = np.argsort(-strength, kind="stable")
        frames = index.is_frame[numbers]
        if reading.by_text and frames.any():  # the match of a frame is that of its moment
            count = int(index.is_frame.sum())
            matches[frames] = limit_moment_match(reading, matches[frames], vectors[frames], frames=count)
            order = np.lexsort((-strength, -matches))
        by_pixels = matches
        if said is not None:
            matches = said.join(index.item_rows[numbers], by_pixels)
            order = np.lexsort((-strength, -matches))
        falling = np.minimum.accumulate(matches[order])
        copies = reading.name_copies(scores[order])
        return cls(index, numbers[order], vectors[order], scores[order], falling, copies, by_pixels[order], said)

    def fold(self, most: int) -> list[list[int]]:
        """Ranks of each hit, the best rank first: near-duplicates of one kind within two blocks are together. The first
        `most` are whole; some later ones may follow."""
        named = self.index.items["kind"].take(self.index.item_rows[self.numbers])
        kinds = np.unique(named.to_numpy(zero_copy_only=False), return_inverse=True)[1]
        groups: dict[int, list[int]] = {}
        for first in range(0, len(self.numbers), _BLOCK):
            if len(groups) >= most and list(groups)[most - 1] < first - _BLOCK:
                break  # what follows can join none of the first
            block, window = slice(first, first + _BLOCK), slice(max(0, first - _BLOCK), first + _BLOCK)
            alike = kinds[block, None] == kinds[None, window]  # a photo is no duplicate of a video that shows it
            same = (self.vectors[block] @ self.vectors[window].T >= self.index.thresholds.near_duplicate) & alike
            for rank, row in enumerate(same, start=first):
                near = (int(other) + window.start for other in np.flatnonzero(row))
                leader = next((other for other in near if other < rank and other in groups), rank)
                groups.setdefault(leader, []).append(rank)
        return list(groups.values())

    def make_hit(self, group: list[int], *, judged: bool) -> Hit:
        best, number = group[0], int(self.numbers[group[0]])
        row = int(self.index.item_rows[number])
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
            copy=self.copies[best],
            judged=judged,
            caption=None if self.said is None else self.said.quote(row, float(self.by_pixels[best])),
        )
