"""Which reader a document needs: by its first bytes, where these tell, else by the ending of its name."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from core.errors import MediaError
from core.media.documents.blocks import Blocks, Reader, Source
from core.media.documents.epub import read_epub
from core.media.documents.formats import TABLE_SUFFIXES
from core.media.documents.markup import read_html
from core.media.documents.passages import split_passages
from core.media.documents.pdf import read_pdf
from core.media.documents.plain import read_markdown, read_plain
from core.media.documents.subtitles import read_subtitles
from core.media.documents.tables import read_rows
from core.media.documents.word import read_word
from core.media.modality import Part

READERS: dict[str, Reader] = {
    ".txt": read_plain,
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".html": read_html,
    ".htm": read_html,
    ".xhtml": read_html,
    ".pdf": read_pdf,
    ".docx": read_word,
    ".epub": read_epub,
    ".srt": read_subtitles,
    ".vtt": read_subtitles,
    **dict.fromkeys(TABLE_SUFFIXES, read_rows),
}
_BATCH = 64  # passages that are handed on at once
_HEAD = 1024
_EPUB = b"mimetypeapplication/epub+zip"


def read_passages(source: Source, suffix: str) -> Generator[tuple[float, list[Part]], None, str | None]:
    """The passages of a document in batches, each with the share of the document that has been read.

    Returns what is missing of the text, as a sentence, or None. Raises MediaError before the first batch if the
    document cannot be read, or holds no text.
    """
    batch, any_yet = list[Part](), False
    passages = split_passages(open_blocks(source, suffix))
    while True:
        try:
            share, part = next(passages)
        except StopIteration as stop:
            remark: str | None = stop.value
            break
        any_yet = True
        batch.append(part)
        if len(batch) == _BATCH:
            yield share, batch
            batch = []
    if batch:
        yield 1.0, batch
    if not any_yet:
        raise MediaError("It holds no text.")
    return remark


def open_blocks(source: Source, suffix: str) -> Blocks:
    """The blocks of a document. Raises MediaError for a format that is not read, or an empty file."""
    head = _read_head(source)
    if not head.strip():
        raise MediaError("The file is empty.")
    reader = _find_reader(head, suffix)
    return reader(source)


def is_pdf(source: Source) -> bool:
    """Whether a document has pages that can be drawn."""
    return b"%PDF-" in _read_head(source)


def _find_reader(head: bytes, suffix: str) -> Reader:
    if b"%PDF-" in head:
        return read_pdf
    if head.startswith(b"PK\x03\x04"):
        return read_epub if suffix == ".epub" or head[30:].startswith(_EPUB) else read_word
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise MediaError("It is locked with a password, or of Word before 2007: save a copy as .docx without one.")
    if head.startswith(b"{\\rtf"):
        raise MediaError("It is rich text (RTF): save it as .docx.")
    if suffix in (".docx", ".epub"):
        raise MediaError(f"It is no {suffix} file, or its beginning is damaged: save it again.")
    if suffix == ".pdf":
        raise MediaError("It is no PDF, or its beginning is damaged: save it again.")
    return READERS.get(suffix, read_plain)


def _read_head(source: Source) -> bytes:
    if isinstance(source, bytes):
        return source[:_HEAD]
    try:
        with Path(source).open("rb") as file:
            return file.read(_HEAD)
    except OSError as error:
        raise MediaError(f"The file cannot be read: {error.strerror}.") from error
