"""Passages as the sentence encoder reads them: their sentences and word pieces. The last few hundred are remembered."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from core.encoders.sentences import Tokens, open_sentence_encoder
from core.media.documents.sentences import find_sentences

WORD = re.compile(r"[^\W_]+")
_ENDS = ".!?…:;\"”’')]。"
_FEWEST_WORDS = 6  # of a sentence that ends in no mark
_REMEMBERED = 300  # passages, 100 kB each: questions come in rows, and about the same


@dataclass(frozen=True, slots=True)
class ReadPassage:
    """A passage as the sentence encoder reads it.

    Attributes
    ----------
    sentences : list of (int, int)
        Characters of the passage; s of them, at least one.
    tokens : Tokens
    words : frozenset of str
        Its words and numbers and those of its heading, in lower case.
    """

    sentences: list[tuple[int, int]]
    tokens: Tokens
    words: frozenset[str]

    def find_inside(self) -> list[NDArray[np.bool_]]:
        """For each sentence (t,) which word pieces are its own."""
        return [(self.tokens.starts >= start) & (self.tokens.ends <= end) for start, end in self.sentences]


def read_passages(passages: Sequence[str], headings: Sequence[str] = ()) -> list[ReadPassage]:
    """Reads passages.

    Parameters
    ----------
    passages : sequence of str
        Each is read up to 256 word pieces; sentences behind are not found.
    headings : sequence of str
        Of each passage, "" for none.

    Raises
    ------
    EncoderError
        The sentence encoder cannot be opened.
    """
    headings = headings or [""] * len(passages)
    return [
        ReadPassage(_find_read(text, tokens), tokens, frozenset(WORD.findall(f"{heading} {text}".lower())))
        for text, heading, tokens in zip(passages, headings, _MEMORY.read(passages), strict=True)
    ]


class _Memory:
    """The word pieces of the passages that were read last, in half precision."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: OrderedDict[str, Tokens] = OrderedDict()

    def read(self, passages: Sequence[str]) -> list[Tokens]:
        with self._lock:
            found = {text: self._known[text] for text in passages if text in self._known}
        new = list(dict.fromkeys(text for text in passages if text not in found))
        for text, tokens in zip(new, open_sentence_encoder().encode_tokens(new), strict=True):
            found[text] = replace(tokens, vectors=tokens.vectors.astype(np.float16))
        with self._lock:
            for text in passages:
                self._known[text] = found[text]
                self._known.move_to_end(text)
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return [replace(found[text], vectors=found[text].vectors.astype(np.float32)) for text in passages]


_MEMORY = _Memory()


def _find_read(text: str, tokens: Tokens) -> list[tuple[int, int]]:
    """The sentences of a passage as far as the encoder read it, titles only where there is nothing else."""
    read = int(tokens.ends.max(initial=0))
    spans = [(start, min(end, read)) for start, end in find_sentences(text) if start < read]
    spans = [span for span in spans if ((tokens.starts >= span[0]) & (tokens.ends <= span[1])).any()]
    whole = [(int(tokens.starts.min(initial=0)), read)]
    return [span for span in spans if _is_sentence(text[slice(*span)])] or spans or whole


def _is_sentence(text: str) -> bool:
    """Whether a text is more than a title, which repeats what is asked about and says nothing of it."""
    return text[-1] in _ENDS or len(text.split()) >= _FEWEST_WORDS
