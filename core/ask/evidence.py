"""What speaks for a passage, and for each of its sentences, as the answer to a question.

A sentence is compared as it stands in its passage: the mean of its word pieces, each of which the sentence encoder has
read together with all others [1]_. "It is made by the islets of the pancreas" is then about insulin, which the sentence
before names. The words of the question are compared one by one with those of the sentence, and each counts by the word
that is nearest to it [2]_: "dough" is near to "loaf", where a search for words would find nothing. Names and numbers
are looked up literally as well, as 1972 is near to 1973 and answers nothing about it.

References
----------
.. [1] Günther et al. 2024, "Late chunking: contextual chunk embeddings using long-context embedding models"
.. [2] Khattab and Zaharia 2020, "ColBERT: efficient and effective passage search via contextualized late interaction"
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.ask.reading import WORD, ReadPassage
from core.encoders.base import unit_rows
from core.encoders.sentences import Tokens, open_sentence_encoder
from core.search.passages.words import list_words

_SHORTEST_STEM = 4  # letters


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage as the answer to a question.

    Attributes
    ----------
    sentences : list of (int, int)
        Characters of the passage; s of them, at least one.
    meaning : ndarray of float64, shape (s,)
        Cosine of the question with each sentence, read within the passage.
    words : ndarray of float64, shape (s, w)
        Cosine of each word piece of the question with the nearest one of the sentence.
    missing : float
        Share of the names and numbers of the question that the passage does not have, 0 to 1.
    """

    sentences: list[tuple[int, int]]
    meaning: NDArray[np.float64]
    words: NDArray[np.float64]
    missing: float


def weigh_passages(question: str, passages: Sequence[ReadPassage]) -> list[Evidence]:
    """What speaks for each passage as the answer to a question.

    Raises
    ------
    EncoderError
        The sentence encoder cannot be opened.
    """
    encoder = open_sentence_encoder()
    query = encoder.encode_texts([question])[0]
    (asked,) = encoder.encode_tokens([question])
    words = unit_rows(asked.vectors[_find_words(question, asked)])
    names = find_names(question)
    found = []
    for passage in passages:
        inside = passage.find_inside()
        meaning = unit_rows(np.stack([passage.tokens.vectors[own].mean(axis=0) for own in inside])) @ query
        nearness = unit_rows(passage.tokens.vectors) @ words.T
        nearest = np.stack([nearness[own].max(axis=0, initial=-1.0) for own in inside])
        missing = sum(not _has_name(passage.words, name) for name in names) / max(1, len(names))
        found.append(Evidence(passage.sentences, meaning.astype(np.float64), nearest.astype(np.float64), missing))
    return found


def find_names(question: str) -> list[str]:
    """The words of a question with a digit or, within it, a capital letter; in lower case."""
    words = [(match[0], match.start() > 0) for match in WORD.finditer(question)]
    has_case = any(word.islower() for word, _ in words)
    return [
        word.lower()
        for word, is_within in words
        if any(letter.isdigit() for letter in word) or (has_case and is_within and word[0].isupper() and len(word) > 1)
    ]


def _has_name(words: frozenset[str], name: str) -> bool:
    """Whether a name or number is among words; names also in another form, as "Egypt" in "Egyptian"."""
    if name in words or len(name) < _SHORTEST_STEM or any(letter.isdigit() for letter in name):
        return name in words
    long = (word for word in words if len(word) >= _SHORTEST_STEM)
    return any(word.startswith(name[:-1]) or name.startswith(word[:-1]) for word in long)


def _find_words(question: str, tokens: Tokens) -> NDArray[np.bool_]:
    """(t,) which word pieces belong to words with a meaning of their own; all where there is none."""
    content = set(list_words(question))
    places = [match.span() for match in WORD.finditer(question) if match[0].lower() in content]
    chosen = np.zeros(len(tokens.starts), bool)
    for start, end in places:
        chosen |= (tokens.starts >= start) & (tokens.ends <= end)
    return chosen if chosen.any() else np.ones(len(chosen), bool)
