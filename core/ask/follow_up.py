"""Follow-ups: questions that cannot be searched without the one before."""

from __future__ import annotations

import re

from core.search.passages.words import REFERRING, list_words

_FEWEST_WORDS = 2  # with a meaning of their own, of a question that stands by itself
_POINTING = REFERRING | {"that", "there", "one", "ones"}
_CONTINUING = re.compile(r"\s*(and|but|or|so|also|what about|how about|what if)\b", re.IGNORECASE)


def leans_on_last(question: str) -> bool:
    """Whether a question seems to need the one before: it points back ("it", "there"), goes on ("and ..."), or has
    fewer than two words with a meaning of their own."""
    words = set(re.findall(r"[a-z]+", question.lower()))
    return bool(words & _POINTING or _CONTINUING.match(question)) or len(list_words(question)) < _FEWEST_WORDS
