"""The sentences of a document, each once and with its place, and which of them cannot stand alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.media.modalities import TEXT
from core.media.modality import Damaged, Part, TextPlace, Wish
from core.progress import SILENT, Task

_SHORTEST = 5  # words of a sentence that says something
_EARLY = 5  # first words in which a pronoun refers to what came before
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_ENDS = re.compile(r"""[.!…。！][\"'”’»)\]]*$""")
# Openings that continue what came before.
_CONNECTIVES = re.compile(
    r"(?:however|therefore|thus|hence|then|also|too|yet|still|instead|otherwise|nevertheless|nonetheless|moreover|"
    r"furthermore|besides|meanwhile|consequently|accordingly|similarly|likewise|conversely|afterwards?|later|inside|"
    r"and|but|so|or|nor|for example|for instance|in addition|in contrast|by contrast|on the other hand|as a result|"
    r"on the contrary|in other words|that is why|in turn|at first|both|neither|either|another|others|such|here|"
    r"the (?:former|latter|other|others|same|rest|second|third|last)|(?:one|two|three|four|some|many|most|all|none|"
    r"each|few|between|of) (?:of )?(?:them|these|those|such|it|which))\b",
    re.IGNORECASE,
)
_PRONOUNS = frozenset("this these those he him his she her hers it its they them their theirs".split())
# "It is a rule that ..." and "it takes an hour to ..." point forward, not back.
_FORWARD = re.compile(
    r"it (?:is|was|takes|took|seems|turns out|may|might) (?:\w+ ){0,4}(?:that|to|who|whether)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a document.

    Attributes
    ----------
    text : str
    document : int
        Which of several documents, from 0.
    start : int
        Where it begins: characters of the document's text.
    place : TextPlace
        Page, heading, line or seconds, as far as the document has them.
    follows : bool
        Whether the sentence before it in the list is the one before it in the text, under the same heading.
    """

    text: str
    document: int
    start: int
    place: TextPlace
    follows: bool

    @property
    def hangs(self) -> bool:
        """Whether it leans on what came before: "However, ...", "He ...", "This ..."."""
        return hangs(self.text)

    @property
    def is_statement(self) -> bool:
        """Whether it says something by itself: no heading, question, or fragment."""
        return len(_WORD.findall(self.text)) >= _SHORTEST and bool(_ENDS.search(self.text.rstrip()))


def hangs(text: str) -> bool:
    """Whether a sentence refers to what came before it, by how it begins.

    A pronoun among its first words does so, and words such as "however" and "the latter". It is a rule of thumb: some
    sentences that it calls hanging have the noun of their pronoun in them.
    """
    text = text.lstrip("\"'“”‘’«»([ ")
    if _CONNECTIVES.match(text):
        return True
    if _FORWARD.match(text):
        return False
    words = [re.split("['’]", word.lower())[0] for word in _WORD.findall(text)[:_EARLY]]
    if words[:1] == ["that"]:
        return True
    return any(word in _PRONOUNS for word in words)


def read_sentences(source: Path | bytes, *, document: int = 0, task: Task = SILENT) -> list[Sentence]:
    """The sentences of a file of text: plain text, Markdown, HTML, PDF, Word, EPUB, subtitles.

    What could be read of a damaged document is returned.

    Raises
    ------
    MediaError
        The file cannot be read, or holds no text.
    Cancelled
    """
    with TEXT.decode(source, Wish(task=task)) as decoded:
        return split_sentences(_until_damage(decoded.parts), document=document, task=task)


def split_sentences(parts: Iterable[Part], *, document: int = 0, task: Task = SILENT) -> list[Sentence]:
    """The sentences of passages, which may overlap. Raises Cancelled."""
    import sentencex

    found: list[Sentence] = []
    done = 0  # characters
    for part in parts:
        task.check("Stopped before the text was read.")
        text, begin = str(part.content), int(part.segment.start) if part.segment else done
        for boundary in sentencex.get_sentence_boundaries("en", text):
            start = begin + boundary["start_index"]
            words = " ".join(boundary["text"].split())
            if start < done or not words:
                continue
            place = part.place or TextPlace()
            before = found[-1] if found else None
            follows = before is not None and before.place.heading == place.heading
            found.append(Sentence(words, document, start, place, follows))
            done = start + len(boundary["text"])
    return found


def _until_damage(parts: Iterator[Part]) -> Iterator[Part]:
    try:
        yield from parts
    except Damaged:
        return
