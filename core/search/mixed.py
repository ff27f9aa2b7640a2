"""Search of all kinds at once: pictures, videos and texts in one list.

Each kind is searched in its own way. The hits are merged by their match, as cosines of different kinds are on different
scales: a text that answers a question is nearer to it than any picture could be.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import pyarrow.compute as pc

from core.encoders.base import Encoder
from core.library.filters import ANY, Filters
from core.library.store import Library
from core.media.modalities import TEXT, list_modalities
from core.search.images import Hit, SearchResult, search
from core.search.query import Term
from core.search.texts import search_texts


def search_any(
    library: Library,
    encoder: Encoder,
    terms: Sequence[Term],
    *,
    top_k: int = 50,
    filters: Filters | None = None,
    fold_duplicates: bool = True,
    templates: Sequence[str] | None = None,
) -> SearchResult:
    """Ranks items of all kinds by their match; a document by its best passage.

    Parameters and errors are those of `search`.

    Returns
    -------
    SearchResult
        Its texts are `PassageHit`.
    """
    started = time.perf_counter()
    filters = filters or Filters()
    if filters.kind == TEXT.name:
        return search_texts(library, encoder, terms, top_k=top_k, filters=filters, fold_documents=True)
    if filters.kind not in (None, ANY):
        return _search_kind(library, encoder, terms, top_k, filters, fold_duplicates, templates)
    kinds = [None, *_list_other_text_kinds(library)]
    results = [
        _search_kind(library, encoder, terms, top_k, replace(filters, kind=kind), fold_duplicates, templates)
        for kind in kinds
    ]
    results.append(search_texts(library, encoder, terms, top_k=top_k, filters=filters, fold_documents=True))
    hits = sorted((hit for result in results for hit in result.hits), key=_order)[: max(1, top_k)]
    considered = sum(result.considered for result in results)
    return SearchResult(tuple(hits), sum(hit.likely for hit in hits), considered, time.perf_counter() - started)


def _search_kind(
    library: Library,
    encoder: Encoder,
    terms: Sequence[Term],
    top_k: int,
    filters: Filters,
    fold_duplicates: bool,
    templates: Sequence[str] | None,
) -> SearchResult:
    return search(
        library, encoder, terms, top_k=top_k, filters=filters, fold_duplicates=fold_duplicates, templates=templates
    )


def _order(hit: Hit) -> tuple[float, float]:
    return -hit.relevance, -hit.score


def _list_other_text_kinds(library: Library) -> list[str]:
    """The kinds of other packages that are embedded as text, and that the library has."""
    texts = {modality.name for modality in list_modalities() if modality.embedded_as == "text"} - {TEXT.name}
    return sorted(texts & set(pc.unique(library.items()["kind"]).to_pylist())) if texts else []
