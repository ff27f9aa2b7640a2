"""Queries: lists of weighted terms, and their syntax as a string: `2:beach + ./photo.jpg - people`."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder
from core.encoders.prompts import embed_texts
from core.errors import DataError, MediaError, QueryError
from core.library.index import VectorIndex
from core.library.public.keyed_ids import seal, unseal
from core.library.track import track_of
from core.media.kinds import is_media_path
from core.media.modalities import PICTURE, find_modalities
from core.search.concepts import concept_file, load_concept
from core.search.query_clips import get_clip_track, get_picture_vector
from core.utils.files import expand_user, to_absolute

PLAIN = ("{}",)  # the template that does not change a text
_MOST_TERMS = 50  # each new text costs a run of the encoder
_ITEM = "item:"
_FILE = "file:"
CONCEPT = "concept:"
# 16:9 and 10:30 are no weights, and no words have a weight above 10, as in "35: mm film", unless they are quoted
_WEIGHT = re.compile(r"(\d{1,6}(?:\.\d{1,6})?|\.\d{1,6}):(?!//)\s*(?![\s\d])")
_LARGEST_OF_WORDS = 10.0
# a sign is one that stands alone, so that "t-shirt" and "C++" stay words; quotes hold anything but quotes
_TOKEN = re.compile(r'(?:[\d.]+:)?(?:file:|concept:)?"[^"]*"|\S+')


@dataclass(frozen=True, slots=True)
class Term:
    """A term of a query.

    Parameters
    ----------
    kind : {"text", "image", "clip", "item", "frame", "concept"}
    value : str, bytes or Path
        Of "text" the words; of "image" and "clip" (a video, by its mean vector) a path or the bytes; of "item" an id of
        the library (a video by its mean vector); of "frame" `ID@SECONDS`, a frame of a video of the library; of
        "concept" its name, see `core.search.concepts`.
    weight : float
        Any finite number; hits are unlike a term with a negative weight.
    """

    kind: Literal["text", "image", "clip", "item", "frame", "concept"]
    value: str | bytes | Path
    weight: float = 1.0

    @property
    def is_word(self) -> bool:
        """Whether its vector lies among those of texts, not of images."""
        return self.kind in ("text", "concept")

    @property
    def item_id(self) -> str | None:
        """The id of the item of the library that it names, whole or by a frame; None for other terms."""
        return str(self.value).partition("@")[0] if self.kind in ("item", "frame") else None


def parse_query(text: str, *, files: bool = True) -> tuple[Term, ...]:
    """Parses a query such as `2:beach + ./photo.jpg - people`.

    Terms are joined by + and -, each with an optional weight and colon. The path of an image or video is that file;
    `item:ID` is an item of the library, `item:ID@12.5` its frame at that second; `concept:NAME` or `concept:"MY NAME"`
    is a learned concept; all else is text. Double quotes make text literal; `file:"a - b.jpg"` is a file whose path
    means something else otherwise.

    Parameters
    ----------
    text : str
    files : bool
        Whether paths are files; False for the text of a visitor.

    Returns
    -------
    tuple of Term

    Raises
    ------
    QueryError
        The query or a term is empty, or a file does not exist.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise QueryError("The query is not valid UTF-8 text.") from None
    terms: list[Term] = []
    sign = 1.0
    words: list[str] = []
    for token in _TOKEN.findall(text):
        if token in ("+", "-", "−"):
            if words:
                terms.append(_term(words, sign, files))
                words = []
            elif terms or sign < 0:
                raise QueryError(f'Nothing stands between two signs in {text!r}: write a term there, or put it in "".')
            sign = 1.0 if token == "+" else -1.0
        else:
            words.append(token)
    if not words:
        raise QueryError(
            "The query is empty: type words, or give a picture." if not terms else "A term is missing at the end."
        )
    terms.append(_term(words, sign, files))
    if len(terms) > _MOST_TERMS:
        raise QueryError(f"The query has {len(terms):,} terms: {_MOST_TERMS} are possible.")
    return tuple(terms)


def format_query(terms: Sequence[Term]) -> str:
    """The string for `parse_query`. Raises QueryError for images and clips given as bytes, and extreme weights."""
    parts: list[str] = []
    for term in terms:
        if term.weight and not 5e-7 < abs(term.weight) < 1e6:
            raise QueryError(f"The weight {term.weight:g} cannot be written: use 0.000001 to 999999.")
        sign = "-" if term.weight < 0 else "+"
        weight = "" if abs(term.weight) == 1 else f"{abs(term.weight):.6f}".rstrip("0").rstrip(".") + ":"
        parts.append(f"{sign} {weight}{_format_term(term, weight)}")
    return " ".join(parts).removeprefix("+ ")


def embed_query(
    encoder: Encoder, terms: Sequence[Term], *, index: VectorIndex | None = None, templates: Sequence[str] | None = None
) -> NDArray[np.float32]:
    """The vector of a query: the normalized weighted sum of its terms' unit vectors.

    Parameters
    ----------
    encoder : Encoder
    terms : sequence of Term
    index : VectorIndex, optional
        Of the library, for terms of kind "item" and "frame".
    templates : sequence of str, optional
        Prompt templates for texts; by default those of the encoder. PLAIN: none.

    Returns
    -------
    ndarray of float32, shape (dim,)
        Unit vector.

    Raises
    ------
    QueryError
        There are no terms, their weights are not finite or cancel out, or an item, concept or file cannot be used.
    """
    if not terms or all(term.weight == 0 for term in terms):
        raise QueryError("The query is empty: type words, or give a picture.")
    if not all(math.isfinite(term.weight) for term in terms):
        raise QueryError("A weight is not a finite number.")
    total = sum(term.weight * _embed_term(encoder, term, index, templates) for term in terms)
    norm = float(np.linalg.norm(total))
    if not math.isfinite(norm):
        raise QueryError("The weights are too large: what counts is their ratio, so divide them all.")
    if norm < 1e-4 * max(abs(term.weight) for term in terms):
        raise QueryError("The terms cancel each other out: change a weight.")
    return np.asarray(total / norm, np.float32)


def query_state(encoder: Encoder, terms: Sequence[Term]) -> tuple[object, ...]:
    """State of the concepts and files of a query, which may be replaced under their names; for cache keys."""
    return tuple(_file_state(encoder, term) for term in terms)


def _term(words: list[str], sign: float, files: bool) -> Term:
    text = " ".join(words)
    weight = _WEIGHT.match(text)
    if weight and not _is_too_large(float(weight.group(1)), text[weight.end() :]):
        sign *= float(weight.group(1))
        text = text[weight.end() :]
    if text.startswith(CONCEPT):
        name = text.removeprefix(CONCEPT)
        return Term("concept", _not_empty(name[1:-1] if _in_quotes(name) else name), sign)
    quoted = text.removeprefix(_FILE)
    named = files and quoted != text
    if _in_quotes(quoted):
        text = quoted[1:-1]
    elif text.startswith(_ITEM) and " " not in text:
        item_id, at, seconds = _not_empty(text.removeprefix(_ITEM)).partition("@")
        return Term("frame" if at else "item", unseal(item_id) + at + seconds, sign)
    else:
        named = files and is_media_path(text)
    if named:
        path = Path(expand_user(text))
        kind = (find_modalities(text) or [PICTURE])[0]
        if not os.path.isfile(path):
            raise QueryError(
                f'There is no {kind.title} {text}: check the path, or write "{text}" to search for the words.'
            )
        return Term("image" if kind is PICTURE else "clip", path, sign)
    return Term("text", _not_empty(text).strip(), sign)


def _is_too_large(weight: float, text: str) -> bool:
    return weight > _LARGEST_OF_WORDS and text[:1].isalpha() and not text.startswith((_ITEM, _FILE, CONCEPT))


def _not_empty(text: str) -> str:
    if not text.strip():
        raise QueryError("A term of the query is empty: write something there.")
    return text


def _in_quotes(text: str) -> bool:
    return len(text) > 1 and text[0] == text[-1] == '"' and '"' not in text[1:-1]


def _format_term(term: Term, weight: str) -> str:
    if isinstance(term.value, bytes):
        raise QueryError("A picture or clip given as bytes cannot be written into a query string.")
    text = str(term.value)
    if term.kind in ("item", "frame"):
        return _ITEM + seal_value(text)
    if term.kind == "concept":
        return f'{CONCEPT}"{_curly_quotes(text)}"'
    if term.kind in ("image", "clip"):
        text = str(to_absolute(text))
    try:
        read = [(entry.kind, entry.value) for entry in parse_query(weight + text)]
        if '"' not in text and not text.startswith("//") and read == [(term.kind, term.value)]:
            return text
    except QueryError:
        pass
    if term.kind in ("image", "clip"):
        return f'{_FILE}"{text}"'
    return f'"{_curly_quotes(text)}"'


def _curly_quotes(text: str) -> str:
    """Replaces straight quotes, which would end the quoted text."""
    return text.replace('"', "\N{RIGHT DOUBLE QUOTATION MARK}")


def _embed_term(
    encoder: Encoder, term: Term, index: VectorIndex | None, templates: Sequence[str] | None
) -> NDArray[np.float32]:
    if term.kind == "text":
        return embed_texts(encoder, [str(term.value)], templates=templates)[0]
    if term.kind == "concept":
        return load_concept(encoder, str(term.value)).vector
    if term.kind in ("item", "frame"):
        return _get_stored_vector(str(term.value), index)
    source = term.value if isinstance(term.value, bytes) else Path(term.value)
    try:
        if term.kind == "clip":
            return get_clip_track(encoder, source).mean_vector()
        return get_picture_vector(encoder, source)
    except MediaError as error:
        where = f"The {term.kind} of the query" if isinstance(term.value, bytes) else repr(str(term.value))
        raise QueryError(f"{where} cannot be used: {error}") from error


def _file_state(encoder: Encoder, term: Term) -> object:
    """State of the file of a term; None if it has none, or the file does not exist."""
    try:
        if term.kind == "concept":
            stat = os.stat(concept_file(encoder, str(term.value)))
        elif term.kind in ("image", "clip") and not isinstance(term.value, bytes):
            stat = os.stat(term.value)
        else:
            return None
    except (OSError, DataError):
        return None
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


def seal_value(value: str) -> str:
    """The value of an "item" or "frame" term as whoever visits may read it, see `core.library.public.keyed_ids`."""
    item_id, at, seconds = value.partition("@")
    return seal(item_id) + at + seconds


def parse_frame(value: str) -> tuple[str, float]:
    """The item id and the time in seconds of the value of a "frame" term. Raises QueryError."""
    item_id, _, seconds = value.partition("@")
    try:
        time_s = float(seconds)
    except ValueError:
        time_s = math.nan
    if not (math.isfinite(time_s) and time_s >= 0):
        shown, example = seal_value(value), f"item:{seal(item_id)}@12.5"
        raise QueryError(f"{shown!r} names no frame: write item:ID@SECONDS, for instance {example}.")
    return item_id, time_s


def _get_stored_vector(value: str, index: VectorIndex | None) -> NDArray[np.float32]:
    """The unit vector of an item of the library, or of its frame at a time."""
    item_id, time_s = parse_frame(value) if "@" in value else (value, None)
    track = track_of(index, item_id) if index is not None else None
    if not track:
        raise QueryError(f"Item {seal(item_id)!r} is not in this library, or not under this encoder: index it first.")
    return track.mean_vector() if time_s is None else track.at(time_s)
