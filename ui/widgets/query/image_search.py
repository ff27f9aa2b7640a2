"""One image search, cached for the visit."""

from __future__ import annotations

from core import Encoder, Filters, Library, SearchResult, Term, search
from core.search.query import query_state
from ui.session.cache import get_cached
from ui.session.encoders import load_encoder
from ui.widgets.filters import Options, items_with_label


def find(
    library: Library, encoder: Encoder, terms: tuple[Term, ...], filters: Filters, options: Options
) -> SearchResult:
    """The result of a search, cached until its inputs change. Raises QueryError."""
    load_encoder(encoder)

    def compute() -> SearchResult:
        return search(
            library,
            encoder,
            terms,
            top_k=options.top_k,
            filters=filters,
            fold_duplicates=options.fold,
            templates=options.templates,
            combine=options.combine,
        )

    key = (encoder.id, terms, query_state(encoder, terms), filters, items_with_label(library, filters), options)
    return get_cached("search", key, library.index(encoder), compute)
