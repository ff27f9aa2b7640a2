"""Captions that a library stores, in the search of pictures by words: what is said of a picture helps to find it.

The match of a picture with a caption is the probability that the picture shows what the query means, or that its
caption says so. The latter is a logistic regression of what the search knows of picture and caption:

- the match by pixels alone;
- the cosine of query and caption in the space of the sentence encoder;
- the words of the query that the caption contains (`core.search.passages.words`);
- how general the query is, and the number of captions, the best of which is near by chance.

The match by pixels counts half where there is a caption, as most captions name what is to be seen: one that says
something else speaks against the picture, and yet may only name a place or a person. So a sure match stays above the
line of doubt whatever its caption says. Items without a caption keep their match. `tools/fit_caption_match.py` fits the
weights, and `tools/measure_captions.py` measures.
"""

from __future__ import annotations

import logging
import math
import re
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.special import expit, logit

from core.encoders.sentences import open_sentence_encoder
from core.errors import EncoderError, LibraryError
from core.library.index import VectorIndex
from core.library.ingest.captions import embed_captions
from core.library.store import Library
from core.library.store.caption_vectors import StoredCaptions
from core.policy import rules
from core.search.passages.match import measure_generality
from core.search.passages.words import compute_rarity, list_words
from core.search.query import PLAIN, Term, embed_query
from core.search.relevance import LIKELY

_logger = logging.getLogger(__name__)

# Of the logit of the match by pixels, the cosine, the evidence of words, the nearest reference prompt, ln(captions),
# and the intercept.
WEIGHTS = (0.489, 8.029, 1.046, 7.460, -0.241, -9.974)
_PIXELS = 0.5  # how much the match by pixels alone counts where there is a caption
_SURE = 0.02  # from 0 and 1, at which the match by pixels ends: what pixels do not show may be a name
_CANDIDATES = 200  # items by their captions, which come on top of those by pixels
_PLACES: WeakKeyDictionary[StoredCaptions, dict[str, list[int]]] = WeakKeyDictionary()  # as long as they are in use
AT_ONCE = 256  # captions that are embedded in the middle of a search: they take less than a second
_MOST_WORDS = 24  # of a query: a longer text is compared by vectors alone
_MOST_CAPTIONS = 1_000  # from which the penalty of their number stays constant


@dataclass(frozen=True)
class CaptionReading:
    """A query of words, read in the captions of a library.

    Attributes
    ----------
    evidence : ndarray of float32, shape (items,)
        For each item of the index what its best caption says, on the scale of a logit, without what pixels say; nan
        for items without a caption.
    captions : ndarray of int64, shape (items,)
        The number of this caption; -1 for none.
    texts : tuple of str
        All captions.
    """

    evidence: NDArray[np.float32]
    captions: NDArray[np.int64]
    texts: tuple[str, ...]

    def join(self, rows: NDArray[np.int64], by_pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """The match (m,), 0 to 1, of items by pixels and captions. rows (m,): of the items; by_pixels (m,): matches."""
        said = self._said(rows, by_pixels)
        return np.where(np.isnan(said), by_pixels, 1 - (1 - _PIXELS * by_pixels) * (1 - said)).astype(np.float32)

    def quote(self, row: int, by_pixels: float) -> str | None:
        """The caption of an item, if it likely says what is meant, and does so more than the pixels; else None."""
        said = self._said(np.array([row]), np.array([by_pixels], np.float32))[0]
        return self.texts[self.captions[row]] if said >= max(LIKELY, by_pixels) else None

    def list_nearest(self, allowed: NDArray[np.bool_] | None) -> NDArray[np.int64]:
        """The rows of the allowed items whose captions say most."""
        ranked = np.where(np.isnan(self.evidence), -np.inf, self.evidence)
        if allowed is not None:
            ranked = np.where(allowed, ranked, -np.inf)
        best = np.argsort(-ranked, kind="stable")[:_CANDIDATES]
        return best[np.isfinite(ranked[best])]

    def _said(self, rows: NDArray[np.int64], by_pixels: NDArray[np.float32]) -> NDArray[np.float64]:
        """The probability (m,) that captions say what is meant; nan for items without one."""
        return np.asarray(expit(WEIGHTS[0] * logit(by_pixels.clip(_SURE, 1 - _SURE)) + self.evidence[rows]), np.float64)


def read_captions(library: Library, index: VectorIndex, terms: Sequence[Term]) -> CaptionReading | None:
    """What the captions of a library say of a query; None where there are none, or it holds more than wanted words.

    A few captions without vectors get them here; many wait for `core.library.ingest.captions.embed_captions`, which
    indexing calls.

    Parameters
    ----------
    library : Library
    index : VectorIndex
        Of the library's encoder.
    terms : sequence of Term
    """
    if not can_name(terms):
        return None
    try:
        stored = _open_captions(library)
        if stored is None or not stored.texts:
            return None
        query = embed_query(open_sentence_encoder(), terms, templates=PLAIN)
    except (EncoderError, LibraryError) as error:  # pictures are found by what they show all the same
        _logger.warning("A search leaves captions out: %s", error)
        return None
    size = math.log(min(len(stored.texts), _MOST_CAPTIONS))
    said = (
        WEIGHTS[1] * (stored.vectors @ query)
        + WEIGHTS[2] * find_evidence(stored, " ".join(str(term.value) for term in terms))
        + np.float32(WEIGHTS[3] * measure_generality(query) + WEIGHTS[4] * size + WEIGHTS[5])
    )
    return _find_best(index, stored, said.astype(np.float32))


def can_name(terms: Sequence[Term]) -> bool:
    """Whether captions can say what a query means: it has words alone, and all of them are wanted."""
    return all(term.kind == "text" and term.weight > 0 for term in terms)


def has_captions(library: Library) -> bool:
    """Whether a library stores captions."""
    stored = library.stored_captions(open_sentence_encoder())
    return stored is not None and bool(stored.texts or stored.missing)


def find_evidence(stored: StoredCaptions, text: str) -> NDArray[np.float32]:
    """(n,) what the words say that each caption shares with a text, as `Coverage.evidence` does for passages."""
    words = list_words(text)
    sums, total = np.zeros(len(stored.texts), np.float32), 0.0
    places = _index_words(stored)
    for word in words if len(words) <= _MOST_WORDS else []:
        found = places.get(_stem(word), [])
        rarity = compute_rarity(len(found), len(stored.texts))
        sums[found] += rarity
        total += rarity
    return sums**2 / (total or 1.0)


def _open_captions(library: Library) -> StoredCaptions | None:
    encoder = open_sentence_encoder()
    stored = library.stored_captions(encoder)
    if stored is not None and 0 < len(stored.missing) <= AT_ONCE and rules().may_write_shared:
        with suppress(LibraryError):  # a library that cannot be written is searched by what it has
            embed_captions(library)
            stored = library.stored_captions(encoder)
    return stored


def _find_best(index: VectorIndex, stored: StoredCaptions, said: NDArray[np.float32]) -> CaptionReading:
    """For each item of an index the caption that says most."""
    rows = pc.fill_null(pc.index_in(stored.item_ids, value_set=index.items["id"].combine_chunks()), -1).to_numpy()
    order = np.lexsort((-said, rows))
    order = order[rows[order] >= 0]
    some, first = np.unique(rows[order], return_index=True)
    evidence = np.full(len(index.items), np.nan, np.float32)
    captions = np.full(len(index.items), -1, np.int64)
    evidence[some], captions[some] = said[order[first]], order[first]
    return CaptionReading(evidence, captions, stored.texts)


def _index_words(stored: StoredCaptions) -> dict[str, list[int]]:
    """The numbers of the captions that contain each word."""
    if stored in _PLACES:
        return _PLACES[stored]
    places = defaultdict[str, list[int]](list)
    for number, text in enumerate(stored.texts):
        for word in {_stem(word) for word in list_words(text)}:
            places[word].append(number)
    return _PLACES.setdefault(stored, places)


def _stem(word: str) -> str:
    """A noun without the ending of its plural."""
    return re.sub(r"(?<=[^s\W\d]{2})s$", "", word)
