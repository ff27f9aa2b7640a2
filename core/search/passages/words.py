"""The words of a question in the passages of a library: how much of what it says is there literally.

BM25 [1]_ adds up the rarities of the words that a passage contains. Here this sum counts by its share of the sum over
all words of the question, so that the words that a passage lacks count as well: one rare word of five says little, a
name and all that is asked of it says nearly everything.

References
----------
.. [1] Robertson and Zaragoza 2009, "The probabilistic relevance framework: BM25 and beyond"
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from core.library.store import Library

_MOST_WORDS = 24  # of a query: each costs a look-up of some milliseconds, and a longer text is no question
_MOST_PASSAGES = 10_000  # with one word; a more frequent one says little
_FUNCTION_WORDS = frozenset("""
    a about after all also am an and any are as at be because been before being between both but by can could did do
    does doing down during each few for from further had has have having he her here hers him his how i if in into
    is it its just may me might more most much must my no nor not now of off on once only or other our out over own
    shall she should so some such than that the their them then there these they this those through to too under
    until up us very was we were what when where which while who whom whose why will with would you your
""".split())  # fmt: skip

REFERRING = frozenset("he him his she her hers it its they them their theirs this these those then".split())
"""Words that stand for what was said before, in a text or a question."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Passages that contain words of a query.

    Attributes
    ----------
    item_ids : pyarrow.Array of str
        (n,) of their documents.
    starts : ndarray of int64, shape (n,)
        Where they begin.
    evidence : ndarray of float32, shape (n,)
        Sum of the rarities of the words that each contains, times the share of the query that they are; above 0.
    """

    item_ids: pa.Array
    starts: NDArray[np.int64]
    evidence: NDArray[np.float32]


def list_words(text: str) -> list[str]:
    """The different words of a text and its numbers, in lower case, without function words."""
    words = dict.fromkeys(re.findall(r"[^\W_]+", text.lower()))
    return [word for word in words if word not in _FUNCTION_WORDS]


def find_coverage(library: Library, text: str, *, passages: int) -> Coverage:
    """Looks up the words of a text in a library.

    Parameters
    ----------
    library : Library
    text : str
        With more than 24 different words it is no question, and no word is looked up.
    passages : int
        How many the library has.
    """
    words = list_words(text)
    found = library.find_words(words if len(words) <= _MOST_WORDS else [], limit=_MOST_PASSAGES)
    rarities = [compute_rarity(min(len(rows), passages), passages) for rows in found.rows]
    sums = np.zeros(found.places.num_rows, np.float32)
    for rows, rarity in zip(found.rows, rarities, strict=True):
        sums[rows] += np.float32(rarity)
    some = np.flatnonzero(sums)
    places = found.places.take(some)
    evidence = (sums[some] ** 2 / (sum(rarities) or 1.0)).astype(np.float32)
    return Coverage(places["item_id"].combine_chunks(), places["start"].to_numpy().astype(np.int64), evidence)


def compute_rarity(count: int, passages: int) -> float:
    """The inverse document frequency of BM25, above 0, of a word that `count` of the passages contain."""
    return math.log(1 + (passages - count + 0.5) / (count + 0.5))
