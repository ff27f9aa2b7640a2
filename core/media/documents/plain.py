"""Plain text and Markdown: paragraphs, with their lines and headings."""

from __future__ import annotations

import re
from collections.abc import Callable

from core.media.documents.blocks import Block, Blocks, Source, decode, load
from core.media.modality import TextPlace

_ATX = re.compile(r" {0,3}#{1,6}[ \t]+(.+?)[ \t]*#*[ \t]*$")
_UNDERLINE = re.compile(r" {0,3}(=+|-{3,})[ \t]*$")
_FENCE = re.compile(r" {0,3}(```|~~~)")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*(?:\s+\"[^\"]*\")?\)")


def read_plain(source: Source) -> Blocks:
    """The paragraphs of a text file: lines without an empty one between them."""
    return (yield from _read_lines(decode(load(source)).split("\n"), lambda lines, number: None))


def read_markdown(source: Source) -> Blocks:
    """The paragraphs of a Markdown file, with the heading above them. Of links only their text counts."""
    lines = _LINK.sub(r"\1", decode(load(source))).split("\n")
    fenced = _find_fenced(lines)

    def find_heading(lines: list[str], number: int) -> str | None:
        if number in fenced:
            return None
        if found := _ATX.match(lines[number]):
            return found[1]
        below = lines[number + 1] if number + 1 < len(lines) else ""
        return lines[number].strip() if lines[number].strip() and _UNDERLINE.match(below) else None

    return (yield from _read_lines(lines, find_heading))


def _read_lines(lines: list[str], find_heading: Callable[[list[str], int], str | None]) -> Blocks:
    """find_heading: the heading that a line is, if it is one: it begins a paragraph."""
    paragraph: list[str] = []
    begun, heading = 0, None

    def make_block() -> Block:
        place = TextPlace(line=begun + 1, heading=heading)
        return Block("\n".join(paragraph).rstrip(), place, share=(begun + len(paragraph)) / len(lines))

    for number, line in enumerate([*lines, ""]):
        found = find_heading(lines, number) if line.strip() else None
        if paragraph and (found or not line.strip()):
            yield make_block()
            paragraph = []
        heading = found or heading
        if line.strip():
            begun = begun if paragraph else number
            paragraph.append(found or line)  # a heading without its marks
    return None


def _find_fenced(lines: list[str]) -> set[int]:
    """The numbers of the lines of code, in which a # begins no heading."""
    inside, found = False, set[int]()
    for number, line in enumerate(lines):
        is_fence = bool(_FENCE.match(line))
        if inside or is_fence:
            found.add(number)
        inside ^= is_fence
    return found
