"""Questions to begin with, made from what a library's documents say."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.library.schema import Passage
from core.library.store import Library
from core.media.documents.sentences import find_sentences
from core.media.modalities import TEXT

_DOCUMENTS = 40  # that are looked at
# "Mayonnaise is an emulsion": a sentence that says what something is
_SAYS_WHAT = re.compile(r"((?:(?:The|A|An) )?[\w'’-]+(?: [\w'’-]+){0,2}) (is|are) (?:an?|the|one of|made) ")
_NO_SUBJECT = frozenset(
    """
    all and as at both but by each for from he her here his i if in it its many most my not of on one our she so some
    that their there these they this those to we what when which who with you your
""".split()
)


def suggest_questions(library: Library, *, count: int = 4) -> list[str]:
    """Questions that documents of a library answer: what something is or, where none says so, what a heading
    is about.

    Parameters
    ----------
    library : Library
    count : int
        Most questions; fewer where documents say little.

    Raises
    ------
    LibraryError
        The library cannot be read.
    """
    items = library.items()
    ids = [row["id"] for row in items.select(["id", "kind"]).to_pylist() if row["kind"] == TEXT.name]
    chosen = ids[:: max(1, len(ids) // _DOCUMENTS)][:_DOCUMENTS]
    passages = library.passages(chosen) if chosen else {}
    questions = [question for own in passages.values() if (question := _ask_what(own))]
    if not questions:  # a heading is no sentence that answers
        questions = [f"What about “{heading}”?" for own in passages.values() if (heading := _find_heading(own))]
    return list(dict.fromkeys(questions))[:count]


def _ask_what(passages: Sequence[Passage]) -> str | None:
    """A question from the first sentence of a document that says what something is."""
    for passage in passages:
        for start, end in find_sentences(passage.text):
            match = _SAYS_WHAT.match(passage.text, start, end)
            if match and _NO_SUBJECT.isdisjoint(match[1].lower().split()):
                return f"What {match[2]} {_lower_first(match[1], passage.text)}?"
    return None


def _find_heading(passages: Sequence[Passage]) -> str | None:
    return next((passage.heading.rstrip(".:?") for passage in passages if passage.heading), None)


def _lower_first(subject: str, text: str) -> str:
    """The subject as within a sentence: small where it begins with an article, or its first word is small elsewhere."""
    first = subject.split()[0]
    is_small = first in ("The", "A", "An") or re.search(rf"\b{re.escape(first.lower())}\b", text) is not None
    return subject[0].lower() + subject[1:] if is_small else subject
