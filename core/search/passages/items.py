"""Texts of the library in a query: what they say takes the place of the item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.encoders.sentences import open_sentence_encoder
from core.library.schema import Passage
from core.library.store import Library
from core.media.modalities import TEXT
from core.search.query import Term, parse_frame


def spell_out(library: Library, terms: Sequence[Term]) -> tuple[Term, ...]:
    """The terms of a query, in which texts of the library are words.

    A picture is then compared with them as with words that somebody typed. A document is as its most typical passage,
    since a long text has no vector that is about all of it.

    Parameters
    ----------
    library : Library
    terms : sequence of Term

    Returns
    -------
    tuple of Term
    """
    named = sorted({term.item_id for term in terms if term.item_id})
    texts = [item.id for item in library.items_with(named) if item.kind == TEXT.name] if named else []
    passages = library.passages(texts) if texts else {}
    return tuple(_spell_out(library, term, passages) for term in terms)


def _spell_out(library: Library, term: Term, passages: dict[str, list[Passage]]) -> Term:
    own = passages.get(term.item_id) if term.item_id else None
    if not own:
        return term
    if term.kind == "item":
        passage = _find_typical(library, own)
    else:
        place = parse_frame(str(term.value))[1]
        passage = next((entry for entry in own if entry.start <= place < entry.end), own[-1])
    return replace(term, kind="text", value=passage.text)


def _find_typical(library: Library, passages: list[Passage]) -> Passage:
    """The passage that is nearest to the mean of all; the first one where they have no sentence vectors."""
    item_id = passages[0].item_id
    rows = library.item_vectors(open_sentence_encoder().id, [item_id]).get(item_id, [])
    if not rows:
        return passages[0]
    vectors = np.stack([row.vector for row in rows]).astype(np.float32)
    segment = rows[int(np.argmax(vectors @ vectors.mean(axis=0)))].segment
    return next((entry for entry in passages if entry.segment == segment), passages[0])
