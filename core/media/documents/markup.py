"""HTML, and the chapters of an EPUB: blocks of text with the heading above them.

Read with Python's own parser, which takes one tag after another. Parsers that build a tree lose text of broken pages
without a word: what lies deep, or behind the end.
"""

from __future__ import annotations

import re
from collections import deque
from html.parser import HTMLParser

from core.media.documents.blocks import MB, Block, Blocks, Source, decode, join_words, load
from core.media.modality import TextPlace

MAX_MARKUP_BYTES = 16 * MB
_STEP = 64 * 1024  # characters that are parsed at once
_CHARSET = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_.:-]+)""")
_HEAD_BYTES = 2048  # in which a document declares its encoding
_SILENT = frozenset(
    "script style template noscript iframe object svg canvas audio video select button nav title".split()
)
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img input ins kbd label mark output q rb rp rt ruby "
    "s samp small span strike strong sub sup time tt u var wbr".split()
)
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))


def read_html(source: Source) -> Blocks:
    """The blocks of a page. Scripts, styles, pictures, forms and menus (`nav`) are left out."""
    return (yield from read_markup(load(source, MAX_MARKUP_BYTES)))


def read_markup(data: bytes, *, heading: str | None = None) -> Blocks:
    """The blocks of a page or a chapter. heading: the one above it. Raises MediaError where it is no text."""
    declared = _CHARSET.search(data[:_HEAD_BYTES])
    text = decode(data, declared[1].decode("ascii") if declared else None)
    parser = _Parser(heading)
    for start in range(0, len(text), _STEP):
        parser.feed(text[start : start + _STEP])
        while parser.blocks:
            block, above = parser.blocks.popleft()
            yield Block(block, TextPlace(heading=above), share=start / len(text))
    parser.close()
    yield from (Block(block, TextPlace(heading=above)) for block, above in parser.blocks)
    return None


class _Parser(HTMLParser):
    """Collects (text, heading) of blocks as they end."""

    def __init__(self, heading: str | None) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: deque[tuple[str, str | None]] = deque()
        self._heading = heading
        self._parts: list[str] = []
        self._silent: dict[str, int] = {}  # how many of these elements are open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._end_block(tag)
        if tag in _SILENT:
            self._silent[tag] = self._silent.get(tag, 0) + 1

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._end_block(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._silent:
            self._parts.clear()
            self._silent[tag] -= 1
            if not self._silent[tag]:
                del self._silent[tag]
        self._end_block(tag, is_heading=tag in _HEADINGS)

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._parts.append(data)

    def close(self) -> None:
        super().close()
        self._end_block("")

    def _end_block(self, tag: str, *, is_heading: bool = False) -> None:
        if tag in _INLINE:
            return
        text = join_words("".join(self._parts))
        self._parts.clear()
        if text:
            self._heading = text[:200] if is_heading else self._heading
            self.blocks.append((text, self._heading))
