"""A document from outside the library as a query: its most typical passage takes the place of the file."""

from __future__ import annotations

import tempfile
from itertools import islice
from pathlib import Path

import numpy as np

from core.encoders.sentences import open_sentence_encoder
from core.media.isolated_documents import IsolatedDocument
from core.search.query import Term

_MOST = 256  # passages that are read: enough to know what a document is about


def make_document_term(source: Path | bytes, *, name: str = "", weight: float = 1.0) -> Term:
    """The words that stand for a document in a query: its passage that is nearest to the mean of all.

    A long text has no vector that is about all of it, and a passage can be compared with pictures as well.

    Parameters
    ----------
    source : Path or bytes
        A file, or its content.
    name : str
        Of a file that is given as bytes: its ending says how it is read.
    weight : float
        Of the term.

    Raises
    ------
    MediaError
        The document cannot be read, or holds no text.
    EncoderError
        The sentence encoder cannot be opened.
    """
    if isinstance(source, bytes):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"document{Path(name).suffix.lower()}"
            file.write_bytes(source)
            texts = _read_texts(file)
    else:
        texts = _read_texts(source)
    return Term("text", " ".join(_find_typical(texts).split()), weight)


def _read_texts(file: Path) -> list[str]:
    document = IsolatedDocument(file)
    try:
        return [str(part.content) for part in islice(document.parts(), _MOST)]
    finally:
        document.close()


def _find_typical(texts: list[str]) -> str:
    if len(texts) == 1:
        return texts[0]
    vectors = open_sentence_encoder().encode_texts(texts)
    return texts[int(np.argmax(vectors @ vectors.mean(axis=0)))]
