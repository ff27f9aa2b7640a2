"""The sentences of a document, each once and with its place, and which of them cannot stand alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.media.modalities import TEXT
from core.media.modality import Damaged, Part, TextPlace, Wish
from core.progress import SILENT, Task
from core.search.passages.words import REFERRING

_SHORTEST = 5  # words of a sentence that says something
_EARLY = 6  # first words in which a pronoun, or a word such as "then", refers to what came before
_BREAK = "\n\n"  # between paragraphs
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_ENDS = re.compile(r"""[.!…。！][\"'”’»)\]]*$""")
# Openings that continue what came before.
_CONNECTIVES = re.compile(
    r"(?:however|therefore|thus|hence|then|also|too|yet|still|instead|otherwise|nevertheless|nonetheless|moreover|"
    r"furthermore|besides|meanwhile|consequently|accordingly|similarly|likewise|conversely|afterwards?|later|inside|"
    r"and|but|so|or|nor|for example|for instance|in addition|in contrast|by contrast|on the other hand|as a result|"
    r"on the contrary|in other words|that is why|in turn|at first|at last|in the end|"
    r"finally|both|neither|either|another|others|such|here|"
    r"(?:the|a) (?:former|latter|others?|same|rest|second|third|last)|(?:one|two|three|four|some|many|most|all|none|"
    r"each|few|between|of|beyond|after|before|with|at|by|for|from|in|on|to) (?:of )?(?:them|these|those|such|it|that|"
    r"which|the same))\b",
    re.IGNORECASE,
)
_LEANING = REFERRING | {"thus", "therefore", "however", "also", "later"}
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
    opens : bool
        Whether it begins a paragraph, whose subject such a sentence often names.
    """

    text: str
    document: int
    start: int
    place: TextPlace
    opens: bool = False

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
    return any(word in _LEANING for word in words)


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
    done, opens = 0, True  # characters; whether the next sentence begins a paragraph
    for part in parts:
        task.check("Stopped before the text was read.")
        text, begin = str(part.content), int(part.segment.start) if part.segment else done
        for boundary in sentencex.get_sentence_boundaries("en", text):
            start, raw = begin + boundary["start_index"], boundary["text"]
            words = " ".join(raw.split())
            if start < done or not words:
                continue
            is_new = opens or start - done >= len(_BREAK)
            found.append(Sentence(words, document, start, part.place or TextPlace(), is_new))
            done, opens = start + len(raw.rstrip()), _BREAK in raw
    return found


def _until_damage(parts: Iterator[Part]) -> Iterator[Part]:
    try:
        yield from parts
    except Damaged:
        return
