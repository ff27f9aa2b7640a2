"""How the terms of a query are put together before they are embedded.

A sum of vectors is a compromise: "dog + water" finds dogs, and water. A text tower reads words that stand together as
one scene, so words that are wanted become one text, "dog, water". Two further weights make terms of different kinds
equal partners. `python -m core eval terms` measures this against the plain sum and other ways.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from core.errors import QueryError
from core.search.query import Term

Combine = Literal["joint", "sum"]
COMBINATIONS: tuple[Combine, ...] = ("joint", "sum")

# what is not wanted moves the query away from more than itself: in full, "dog - water" finds fewer dogs
_UNWANTED = 0.4
# cosines of two pictures vary about so much more than those of a text and a picture
_WORDS_BESIDE_PICTURES = 3.0
_LONGEST = 200  # characters of a joint text, as a text tower reads only so far


def combine_terms(terms: Sequence[Term], combine: Combine = "joint") -> tuple[Term, ...]:
    """The terms whose weighted sum is the query, for `embed_query`.

    Parameters
    ----------
    terms : sequence of Term
        The query, see `parse_query`.
    combine : {"joint", "sum"}
        "sum": the terms as they are. "joint": words with positive weights are one text, with the least of their
        weights each; what a word weighs beyond that is added. Negative terms count less than positive ones, and words
        beside pictures more.

    Returns
    -------
    tuple of Term

    Raises
    ------
    QueryError
        `combine` is unknown, or the same terms are added and subtracted.
    """
    if combine not in COMBINATIONS:
        raise QueryError(f"Terms are combined by {' or '.join(COMBINATIONS)}, not by {combine!r}.")
    if combine == "sum" or len(terms) < 2 or not all(math.isfinite(term.weight) for term in terms):
        return tuple(terms)
    return _balance(_join_words(_merge_equal(terms)))


def _merge_equal(terms: Sequence[Term]) -> list[Term]:
    """Each term once, so that "a - a" is nothing."""
    totals: dict[Term, float] = {}
    for term in terms:
        alone = replace(term, weight=1.0)
        totals[alone] = totals.get(alone, 0.0) + term.weight
    merged = [replace(term, weight=weight) for term, weight in totals.items() if weight]
    if not merged and any(term.weight for term in terms):
        raise QueryError("The terms cancel each other out: change a weight.")
    return merged


def _join_words(terms: Sequence[Term]) -> list[Term]:
    words = [term for term in terms if term.kind == "text" and term.weight > 0]
    text = ", ".join(str(term.value) for term in words)
    if len(words) < 2 or len(text) > _LONGEST:
        return list(terms)
    least = min(term.weight for term in words)
    rest = [replace(term, weight=term.weight - least) if term in words else term for term in terms]
    return [Term("text", text, least * len(words)), *(term for term in rest if term.weight)]


def _balance(terms: Sequence[Term]) -> tuple[Term, ...]:
    mixed = len({term.is_word for term in terms}) == 2
    weights = [
        term.weight * (_WORDS_BESIDE_PICTURES if mixed and term.is_word else 1) * (_UNWANTED if term.weight < 0 else 1)
        for term in terms
    ]
    return tuple(replace(term, weight=weight) for term, weight in zip(terms, weights, strict=True))
