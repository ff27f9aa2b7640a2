"""What readers of documents have in common: a block of text with its place, bounded files, and their characters."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import MediaError
from core.media.modality import TextPlace

MB = 2**20
MAX_TEXT_BYTES = 64 * MB  # of a file that is text as it is
_SAMPLE_BYTES = 64 * 1024  # by which an unknown encoding is told
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
_BLANKS = dict.fromkeys([*range(9), 11, *range(14, 32), 127], " ")
_MOST_CONTROL = 0.02  # share of control characters from which on a file is no text

Source = Path | bytes


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a page or a line of a document.

    Attributes
    ----------
    text : str
        Without blank space around it. A line break counts for the place only.
    place : TextPlace
        Where the text begins.
    is_whole : bool
        Whether it shares no passage with its neighbors.
    share : float
        How much of the document has been read with it, 0 to 1, for progress.
    """

    text: str
    place: TextPlace = field(default_factory=TextPlace)
    is_whole: bool = False
    share: float = 1.0


Blocks = Generator[Block, None, str | None]
"""The blocks of a document in order; it returns what is missing of the text, as a sentence, or None."""

Reader = Callable[[Source], Blocks]


def load(source: Source, limit: int = MAX_TEXT_BYTES) -> bytes:
    """The bytes of a file. Raises MediaError for one that is larger than the limit, or cannot be read."""
    if isinstance(source, bytes):
        data = source
    else:
        try:
            with source.open("rb") as file:
                data = file.read(limit + 1)
        except OSError as error:
            raise MediaError(f"The file cannot be read: {error.strerror}.") from error
    if len(data) > limit:
        raise MediaError(f"It is larger than {limit // MB} MB of text: split it into several files.")
    return data


def decode(data: bytes, declared: str | None = None) -> str:
    """The characters of a text file, line breaks as \\n.

    By its byte order mark, else as UTF-8, else as declared in it, else by what its bytes look like. Raises MediaError
    for what is no text.
    """
    sample = data[:_SAMPLE_BYTES]
    if not data.startswith(_MARKS) and len(_CONTROL.findall(sample)) > _MOST_CONTROL * len(sample):
        raise MediaError("It holds no readable text: its bytes are those of another kind of file.")
    text = _decode(data, declared).replace("\r\n", "\n").replace("\r", "\n")
    return text.translate(_BLANKS)


def _decode(data: bytes, declared: str | None) -> str:
    if data.startswith(_MARKS):
        name = "utf-8-sig" if data.startswith(codecs.BOM_UTF8) else "utf-16"
        return data.decode(name, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        return data.decode(declared or "")
    except (LookupError, UnicodeError):
        return data.decode(_guess(data), errors="replace")


def _guess(data: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(data[:_SAMPLE_BYTES]).best()
    if best is None:
        raise MediaError("Its characters are in no known encoding: save it as UTF-8.")
    return best.encoding


def join_words(text: str) -> str:
    """The text with each run of blank space, line breaks too, as one space."""
    return " ".join(text.split())


def name_some(numbers: Sequence[int], most: int = 5) -> str:
    """The first few of some numbers: "3, 7, 9 and 12 more"."""
    named = ", ".join(f"{number:,}" for number in numbers[:most])
    return f"{named} and {len(numbers) - most:,} more" if len(numbers) > most else named
