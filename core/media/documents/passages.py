"""Splits a document into passages on the borders of sentences, each short enough for an encoder to read it whole.

A passage is a slice of the document's text, in which the blocks follow one another with an empty line between them. Its
`Segment` counts characters of that text. Neighbors overlap by a short sentence or two, so that what refers back to them
is found as well; headings, rows and subtitles are borders that no passage crosses.

No encoder is asked how it cuts a text into pieces, since a passage serves all of them. The estimate here is on the safe
side of the word pieces of BERT, of which the embedded encoder reads 126.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace

from core.media.documents.blocks import Block, Blocks
from core.media.modality import Part, Segment, TextPlace

MAX_CHARACTERS = 2**24  # of a document: float32, in which places are stored, counts that far
_MOST_PIECES = 105  # of a passage, by the estimate
_SHARED_PIECES = 25  # with the passage before
_BETWEEN = "\n\n"
LONGEST_BLOCK = 20_000  # characters that are cut into sentences at once

_WORDS = re.compile(r"[A-Za-z]+|[0-9]+|\S")
_UNUSUAL = re.compile(r"[^aeiouy]{4}|[jqvwxz]{2}", re.IGNORECASE)  # no word that an encoder knows as a whole


@dataclass(frozen=True, slots=True)
class _Sentence:
    """text: with the blank space behind it. start: in the document. pieces: estimated."""

    text: str
    start: int
    pieces: int
    place: TextPlace


def split_passages(blocks: Blocks) -> Generator[tuple[float, Part], None, str | None]:
    """Yields (share of the document that has been read, passage); returns what is missing, as a sentence, or None."""
    window = _Window()
    position, share, remark, heading = 0, 0.0, None, None
    while True:
        try:
            block = next(blocks)
        except StopIteration as stop:
            remark = stop.value
            break
        if position + len(block.text) > MAX_CHARACTERS:
            remark = f"Only its first {position:,} characters were read, as it is longer than allowed: split the file."
            break
        if block.is_whole or block.place.heading != heading:
            yield from ((share, part) for part in window.end())
        heading, share = block.place.heading, block.share
        for sentence in _cut_block(block, position):
            yield from ((share, part) for part in window.add(sentence))
        if block.is_whole:
            yield from ((share, part) for part in window.end())
        position += len(block.text) + len(_BETWEEN)
    yield from ((share, part) for part in window.end())
    return remark


class _Window:
    """The sentences of the passage that is being filled."""

    def __init__(self) -> None:
        self._sentences: list[_Sentence] = []
        self._shared = 0  # how many of them the passage before has as well

    def add(self, sentence: _Sentence) -> Iterator[Part]:
        """Takes the next sentence; yields the passage before if this one does not fit into it."""
        if sum(kept.pieces for kept in self._sentences) + sentence.pieces > _MOST_PIECES:
            yield from self._give()
            self._keep(_MOST_PIECES - sentence.pieces)
        self._sentences.append(sentence)

    def end(self) -> Iterator[Part]:
        """Yields the last passage before a border."""
        yield from self._give()
        self._sentences, self._shared = [], 0

    def _give(self) -> Iterator[Part]:
        if len(self._sentences) > self._shared:
            first = self._sentences[0]
            text = "".join(sentence.text for sentence in self._sentences).rstrip()
            yield Part(text, Segment(first.start, first.start + len(text)), first.place)

    def _keep(self, room: int) -> None:
        """Keeps the last few sentences, but never all of them."""
        kept: list[_Sentence] = []
        room = min(room, _SHARED_PIECES)
        for sentence in reversed(self._sentences[1:]):
            room -= sentence.pieces
            if room < 0:
                break
            kept.insert(0, sentence)
        self._sentences, self._shared = kept, len(kept)


def _cut_block(block: Block, position: int) -> Iterator[_Sentence]:
    """The sentences of a block. The last one has the empty line behind the block as well."""
    start, place = 0, block.place
    for text in (piece for part in _cut_long(block.text) for piece in _cut_sentences(part)):
        behind = _BETWEEN if start + len(text) == len(block.text) else ""
        yield _Sentence(text + behind, position + start, count_pieces(text), place)
        start += len(text)
        if place.line is not None:
            place = replace(place, line=place.line + text.count("\n"))


def _cut_long(text: str) -> Iterator[str]:
    """The text in parts that are not too long for the splitter."""
    start = 0
    while len(text) - start > LONGEST_BLOCK:
        stop = start + LONGEST_BLOCK
        end = max(text.rfind(". ", start, stop) + 1, text.rfind("\n", start, stop)) + 1
        end = end if end > start + 1 else stop
        yield text[start:end]
        start = end
    yield text[start:]


def _cut_sentences(text: str) -> Iterator[str]:
    """The sentences of a text with the blank space behind each; those that are too long, in parts."""
    import sentencex

    for boundary in sentencex.get_sentence_boundaries("en", text):
        yield from _cut_words(boundary["text"])


def _cut_words(text: str) -> Iterator[str]:
    """A sentence in parts that fit into a passage: between words, and within words of hundreds of letters."""
    if count_pieces(text) <= _MOST_PIECES:
        yield text
        return
    part = ""
    for word in re.findall(r"\s*\S{1,40}\s*", text):
        if part and count_pieces(part + word) > _MOST_PIECES:
            yield part
            part = ""
        part += word
    yield part


def count_pieces(text: str) -> int:
    """An estimate of how many word pieces an encoder makes of a text, on the safe side of what they are."""
    return sum(map(_count_word, _WORDS.findall(text)))


def _count_word(word: str) -> int:
    letters = len(word)
    if word.isdigit():
        return -(-letters // 2)
    if letters >= 4 and _UNUSUAL.search(word):
        return letters
    return 1 if letters <= 4 else 1 + -(-(letters - 4) // 3)
