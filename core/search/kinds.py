"""Search of one kind of items or of all: pictures, videos and texts in one list.

Each kind is searched in its own way. With `Filters(kind="any")` the hits are merged by their match, as cosines of
different kinds are on different scales: a text that answers a question is nearer to it than any picture could be.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import pyarrow.compute as pc

from core.encoders.base import Encoder
from core.library.filters import ANY, Filters
from core.library.index import VectorIndex
from core.library.store import Library
from core.media.modalities import TEXT, list_text_kinds
from core.search.combine import Combine
from core.search.images import Hit, SearchResult
from core.search.images import search as search_vectors
from core.search.passages.search import search_texts
from core.search.query import Term


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
    """Ranks a library's items against a query; of a document its best passage counts.

    Parameters
    ----------
    library : Library
    encoder : Encoder
    terms : sequence of Term
        The query, see `parse_query`. Its own items are not among the hits.
    top_k : int
        Most hits, at least 1.
    filters : Filters, optional
        Their kind says what is searched. None: all but texts. "any": all.
    fold_duplicates : bool
        Whether near-duplicates become one hit.
    templates : sequence of str, optional
        Prompt templates of words that are compared with pictures, see `embed_query`.
    combine : {"joint", "sum"}
        How several terms become one query, see `combine_terms`.
    captions : bool
        Whether the captions that the library stores help to find pictures, see `core.search.captions`.

    Returns
    -------
    SearchResult
        Its texts are `PassageHit`.

    Raises
    ------
    QueryError
        See `embed_query` and `combine_terms`.
    LibraryError
        The library cannot be read.
    """
    started = time.perf_counter()
    filters = filters or Filters()
    kinds = [None, *_find_text_kinds(library.index(encoder))] if filters.kind == ANY else [filters.kind]
    results = [
        search_texts(library, encoder, terms, top_k=top_k, filters=filters, fold_documents=True, combine=combine)
        if kind == TEXT.name
        else search_vectors(
            library, encoder, terms, top_k=top_k, filters=replace(filters, kind=kind),
            fold_duplicates=fold_duplicates, templates=templates, combine=combine, captions=captions,
        )
        for kind in kinds
    ]  # fmt: skip
    if len(results) == 1:
        return results[0]
    hits = sorted((hit for result in results for hit in result.hits), key=_order)[: max(1, top_k)]
    considered = sum(result.considered for result in results)
    likely, judged = sum(hit.likely for hit in hits), all(result.judged for result in results)
    return SearchResult(tuple(hits), likely, considered, time.perf_counter() - started, judged)


def _order(hit: Hit) -> tuple[float, float]:
    return -hit.relevance, -hit.score


def _find_text_kinds(index: VectorIndex) -> list[str]:
    """The kinds that the library has and that are embedded as text, which `search_vectors` leaves out."""
    return sorted({*list_text_kinds()} & set(pc.unique(index.items["kind"]).to_pylist()))
