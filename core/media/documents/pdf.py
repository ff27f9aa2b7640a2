"""PDF: one block per page, read with PDFium, the engine of Chrome; and the picture of a page."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from typing import TYPE_CHECKING, Any

from core.errors import MediaError
from core.media.documents.blocks import Block, Blocks, Source, join_words, name_some
from core.media.modality import TextPlace

if TYPE_CHECKING:
    from PIL import Image

_MAX_PAGES = 20_000
_MAX_BOOKMARKS = 10_000
_MAX_SIDE = 1600  # pixels of a page's picture
_HYPHEN = re.compile(r"[\x02\u00ad\ufffe]\s*")  # at the end of a line, within a word
_BROKEN = "It is cut off or damaged, or no PDF: save it again from the program it comes from."
_NO_TEXT = "It holds no text, as a scan does: recognize its text first (OCR), then index it again."


def read_pdf(source: Source) -> Blocks:
    """The pages with text, each with the bookmark above it. Raises MediaError for a scan, or what cannot be opened."""
    with _open(source) as document:
        count = len(document)
        if count > _MAX_PAGES:
            raise MediaError(f"It has {count:,} pages, more than {_MAX_PAGES:,}: split it into several files.")
        empty, broken = list[int](), list[int]()
        starts, titles = _list_bookmarks(document)
        for number in range(1, count + 1):
            text = _read_page(document, number)
            if not text:
                (empty if text is not None else broken).append(number)
                continue
            above = bisect.bisect_right(starts, number)
            heading = titles[above - 1] if above else None
            yield Block(text, TextPlace(page=number, heading=heading), share=number / count)
        if len(empty) == count:
            raise MediaError(_NO_TEXT)
        return _describe_gaps(empty, broken)


def draw_pdf(source: Source, page: int, side: int) -> Image.Image:
    """A page, from 1, as an RGB picture whose shorter side has about so many pixels. Raises MediaError."""
    with _open(source) as document, _explain():
        opened = document[page - 1]
        width, height = opened.get_size()
        scale = min(side / max(1.0, min(width, height)), _MAX_SIDE / max(1.0, width, height))
        image: Image.Image = opened.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")
        return image


@contextmanager
def _open(source: Source) -> Iterator[Any]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(source)
    except (pypdfium2.PdfiumError, OSError, ValueError) as error:
        locked = "password" in str(error).lower()
        why = "It is locked with a password: save a copy without one." if locked else _BROKEN
        raise MediaError(why) from error
    try:
        yield document
    finally:
        document.close()


@contextmanager
def _explain() -> Iterator[None]:
    import pypdfium2

    try:
        yield
    except (pypdfium2.PdfiumError, IndexError, ValueError) as error:
        raise MediaError("This page of the PDF cannot be drawn.") from error


def _read_page(document: Any, number: int) -> str | None:
    """The text of a page in one line; "" where there is none, None where it cannot be read."""
    import pypdfium2

    try:
        page = document[number - 1]
        try:
            text = page.get_textpage()
            try:
                found: str = text.get_text_bounded()
            finally:
                text.close()
        finally:
            page.close()
    except (pypdfium2.PdfiumError, ValueError):
        return None
    return join_words(_HYPHEN.sub("", found).replace("\x00", " "))


def _list_bookmarks(document: Any) -> tuple[list[int], list[str]]:
    """The pages, from 1 and ascending, at which bookmarks point, and their titles."""
    found: dict[int, str] = {}
    with suppress(Exception):  # of a damaged outline, what comes before
        for mark in islice(document.get_toc(), _MAX_BOOKMARKS):
            page, title = mark.get_dest(), join_words(mark.get_title())
            if page is not None and page.get_index() is not None and title:
                found[page.get_index() + 1] = title[:200]
    return sorted(found), [found[page] for page in sorted(found)]


def _describe_gaps(empty: list[int], broken: list[int]) -> str | None:
    remarks = [f"Could not be read: {_name_pages(broken)}."] if broken else []
    remarks += [f"Without text, as scans and pictures are: {_name_pages(empty)}."] if empty else []
    return " ".join(remarks) or None


def _name_pages(numbers: list[int]) -> str:
    return f"page{'s' if len(numbers) > 1 else ''} {name_some(numbers)}"
