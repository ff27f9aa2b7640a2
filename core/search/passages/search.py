"""Search of texts: words, pictures and clips to ranked passages.

A query of words is compared by the sentence encoder, and by the words that a passage contains, so that a paraphrase is
found as well as a name. A query that holds a picture is compared in the joint space of the library's encoder.
`core.search.passages.match` turns both into one number.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.encoders.base import Encoder
from core.encoders.sentences import open_sentence_encoder
from core.library.filters import Filters
from core.library.index import VectorIndex
from core.library.schema import Item, Passage
from core.library.store import Library
from core.library.subtitles import match_subtitles
from core.media.modalities import TEXT, VIDEO
from core.previews.notebook import Card, card_of_item
from core.search.combine import Combine, combine_terms
from core.search.images import Hit, SearchResult
from core.search.match_text import describe_match
from core.search.passages.match import match_picture, match_words
from core.search.passages.words import find_coverage
from core.search.query import PLAIN, Term, embed_query
from core.search.relevance import LIKELY

_CANDIDATES = 200  # by their vectors; those with words of the query come on top
_MOST_CHARACTERS = 1 << 25  # of a document, beyond all that a place counts


@dataclass(frozen=True, slots=True)
class PassageHit(Hit):
    """A passage that matches a query. `segment` counts characters of its document's text.

    Parameters
    ----------
    passage : Passage, optional
        Its words and its place; None where these were lost.
    video : Item, optional
        Of subtitles, the video that they lie beside: `passage.start_s` is a moment of it.
    """

    passage: Passage | None = None
    video: Item | None = None

    def to_card(self) -> Card:
        """What a notebook shows of it: the words that were found, and where."""
        where, words = ("", "") if self.passage is None else (self.passage.where, self.passage.text)
        note = " · ".join(filter(None, (where, describe_match(self), words)))
        return card_of_item(self.item, note, time_s=self.start_s)


def search_texts(
    library: Library,
    encoder: Encoder,
    terms: Sequence[Term],
    *,
    top_k: int = 50,
    filters: Filters | None = None,
    fold_documents: bool = False,
    combine: Combine = "joint",
) -> SearchResult:
    """Ranks a library's passages against a query. The documents of the query itself are not among the hits.

    Parameters
    ----------
    library : Library
    encoder : Encoder
        Of the library; its joint space is asked where the query holds a picture.
    terms : sequence of Term
        The query, see `parse_query`.
    top_k : int
        Most hits, at least 1.
    filters : Filters, optional
        The kind is that of texts, whatever they say.
    fold_documents : bool
        Whether each document has one hit, its best passage.
    combine : {"joint", "sum"}
        How several terms become one query, see `combine_terms`.

    Returns
    -------
    SearchResult
        Of `PassageHit`, by relevance. `considered` counts documents.

    Raises
    ------
    QueryError
        See `embed_query` and `combine_terms`.
    LibraryError
        The library cannot be read.
    """
    started = time.perf_counter()
    terms = combine_terms(terms, combine)
    by_words = _is_textual(library, terms)
    index = library.index(open_sentence_encoder() if by_words else encoder)
    allowed = _get_allowed(index, replace(filters or Filters(), kind=TEXT.name), library, terms)
    rows = index.rows_with_vectors
    considered = int(allowed[rows].sum())
    if not considered:
        return SearchResult((), 0, 0, time.perf_counter() - started)
    rank = _rank_by_words if by_words else _rank_in_joint_space
    numbers, scores, matches = rank(library, encoder, index, allowed, terms)
    order = np.lexsort((-scores, -matches))
    chosen = _fold(index, numbers, order, fold_documents)[: max(1, int(top_k))]
    hits = _make_hits(library, index, [(int(numbers[i]), float(scores[i]), float(matches[i])) for i in chosen])
    return SearchResult(hits, sum(hit.likely for hit in hits), considered, time.perf_counter() - started)


_Ranked = tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]  # numbers, cosines, matches: (n,) each


def _rank_by_words(
    library: Library, _: Encoder, index: VectorIndex, allowed: NDArray[np.bool_], terms: Sequence[Term]
) -> _Ranked:
    query = embed_query(open_sentence_encoder(), terms, index=index, templates=PLAIN)
    numbers = index.search(query, _CANDIDATES, allowed=allowed)[1]
    words = " ".join(str(term.value) for term in terms if term.kind == "text" and term.weight > 0)
    coverage = find_coverage(library, words, passages=len(index))
    with_words = _find_numbers(index, coverage.item_ids, coverage.starts)
    known = with_words >= 0
    evidence = np.zeros(len(index), np.float32)
    evidence[with_words[known]] = coverage.evidence[known]
    best = with_words[known][np.argsort(-coverage.evidence[known], kind="stable")]
    best = best[allowed[index.item_rows[best]]][:_CANDIDATES]
    numbers = np.union1d(numbers, best)
    scores = index.vectors(numbers) @ query
    return numbers, scores, match_words(query, scores, evidence[numbers], passages=len(index))


def _rank_in_joint_space(
    _: Library, encoder: Encoder, index: VectorIndex, allowed: NDArray[np.bool_], terms: Sequence[Term]
) -> _Ranked:
    query = embed_query(encoder, terms, index=index)
    scores, numbers = index.search(query, _CANDIDATES, allowed=allowed)
    passages = int(allowed[index.item_rows].sum())
    return numbers, scores, match_picture(encoder, query, scores, passages=passages)


def _is_textual(library: Library, terms: Sequence[Term]) -> bool:
    """Whether a query has nothing but words and texts of the library."""
    own = [term.item_id for term in terms if term.item_id]
    kinds = {item.kind for item in library.items_with(own)} if own else set()
    return all(term.kind in ("text", "item", "frame") for term in terms) and kinds <= {TEXT.name}


def _get_allowed(index: VectorIndex, filters: Filters, library: Library, terms: Sequence[Term]) -> NDArray[np.bool_]:
    """(items,) which are searched."""
    allowed = filters.mask(index.items, library)
    assert allowed is not None  # a kind is a limit
    own = {term.item_id for term in terms if term.item_id}
    return allowed & ~pc.is_in(index.items["id"], value_set=pa.array(sorted(own), pa.string())).to_numpy().astype(bool)


def _find_numbers(index: VectorIndex, item_ids: pa.Array, starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n,) the numbers of the vectors of passages; -1 for those without."""
    keys = index.item_rows * _MOST_CHARACTERS + np.nan_to_num(index.start_s).astype(np.int64)
    rows = pc.fill_null(pc.index_in(item_ids, value_set=index.items["id"].combine_chunks()), -1).to_numpy()
    wanted = rows.astype(np.int64) * _MOST_CHARACTERS + starts
    order = np.argsort(keys)
    places = np.minimum(np.searchsorted(keys, wanted, sorter=order), len(keys) - 1)
    numbers = order[places]
    return np.where(keys[numbers] == wanted, numbers, -1)


def _fold(
    index: VectorIndex, numbers: NDArray[np.int64], order: NDArray[np.intp], by_document: bool
) -> NDArray[np.intp]:
    """The ranks of `order` without those whose document had one before, if they are to be folded."""
    if not by_document:
        return order
    _, first = np.unique(index.item_rows[numbers[order]], return_index=True)
    return order[np.sort(first)]


def _make_hits(library: Library, index: VectorIndex, ranked: Sequence[tuple[int, float, float]]) -> tuple[Hit, ...]:
    items = [index.item(number) for number, _, _ in ranked]
    stored = library.passages(sorted({item.id for item in items}))
    passages = {(entry.item_id, entry.start): entry for entries in stored.values() for entry in entries}
    is_timed = any(passage.start_s is not None for passage in passages.values())
    videos = match_subtitles([*_list_videos(index), *items]) if is_timed else {}
    return tuple(
        PassageHit(
            item=item,
            score=score,
            relevance=match,
            likely=match >= LIKELY,
            segment=(segment := index.segment(number)),
            passage=passages.get((item.id, int(segment.start))) if segment else None,
            video=videos.get(item.id),
        )
        for item, (number, score, match) in zip(items, ranked, strict=True)
    )


def _list_videos(index: VectorIndex) -> list[Item]:
    return [Item.from_row(row) for row in index.items.filter(pc.field("kind") == VIDEO.name).to_pylist()]
