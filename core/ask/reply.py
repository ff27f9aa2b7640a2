"""What a library says to a question."""

from __future__ import annotations

from dataclasses import dataclass

from core.library.schema import Item, Passage
from core.search.images import Hit
from core.search.moments import Moment
from core.search.passages.search import PassageHit
from core.search.relevance import LIKELY


@dataclass(frozen=True, slots=True)
class Answer:
    """A sentence that may answer a question.

    Parameters
    ----------
    hit : PassageHit
        Its passage, as the search of texts found it.
    start, end : int
        Its characters in `passage.text`.
    match : float
        The probability that it answers, 0 to 1.
    words : str
        The words of the sentence that answer, where a model has read it.
    """

    hit: PassageHit
    start: int
    end: int
    match: float
    words: str = ""

    @property
    def item(self) -> Item:
        """Its document."""
        return self.hit.item

    @property
    def passage(self) -> Passage:
        """Where it stands."""
        assert self.hit.passage is not None  # others are not asked
        return self.hit.passage

    @property
    def video(self) -> Item | None:
        """Of subtitles, the video that they lie beside: `passage.start_s` is a moment of it."""
        return self.hit.video

    @property
    def sentence(self) -> str:
        """Its text."""
        return self.passage.text[self.start : self.end]

    @property
    def likely(self) -> bool:
        """Whether its match reaches `core.search.relevance.LIKELY`."""
        return self.match >= LIKELY


@dataclass(frozen=True, slots=True)
class Reply:
    """What a library says to a question.

    Parameters
    ----------
    question : str
    after : str
        The question before, which this one was asked with as it leans on it; "" if it stands by itself.
    found : bool
        Whether a passage probably answers. Pictures and moments show, but answer nothing.
    match : float
        The probability that the best passage answers, 0 to 1; 0 in a library without texts.
    answers : tuple of Answer
        Best first; also the nearest where none is likely.
    pictures : tuple of Hit
        Those that probably show what the question is about; where the encoder's match was not measured, the nearest.
    moments : tuple of (Item, Moment)
        The same of videos, one of each.
    considered : int
        Documents that pass the filters.
    seconds : float
    """

    question: str
    after: str
    found: bool
    match: float
    answers: tuple[Answer, ...]
    pictures: tuple[Hit, ...]
    moments: tuple[tuple[Item, Moment], ...]
    considered: int
    seconds: float
