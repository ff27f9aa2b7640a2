"""A document as a picture: a page of a PDF, else a card with its text; and a passage in its context."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import islice

from PIL import Image, ImageDraw, ImageFont

from core.errors import MediaError
from core.media.documents.blocks import Source
from core.media.documents.passages import split_passages
from core.media.documents.pdf import draw_pdf
from core.media.documents.readers import is_pdf, open_blocks
from core.media.modality import Part

_PAPER, _INK, _GREY = "#fdfcf8", "#26241f", "#8a867c"
_CARD = (480, 480)  # pixels: a grid shows squares, and room for a passage is enough
_MARGIN, _FONT, _LINE = 36, 19, 26
_LETTERS = 42  # in a line
_BEHIND = 2  # passages after the one that is asked for


def draw_places(source: Source, suffix: str, places: Sequence[float | None], side: int) -> list[Image.Image]:
    """A picture for each place, as `Segment.start`; None: the beginning. Raises MediaError."""
    found = _find_passages(source, suffix, places)
    if is_pdf(source):
        return [draw_pdf(source, part.place.page if part.place and part.place.page else 1, side) for part in found]
    return [_draw_card(str(part.content), part.place.heading if part.place else None) for part in found]


def read_context(source: Source, suffix: str, place: float | None) -> str:
    """The passage at a place with those around it, without what they share. Raises MediaError."""
    wanted = place or 0.0
    before: Part | None = None
    passages = (part for _, part in split_passages(open_blocks(source, suffix)))
    for part in passages:
        if part.segment is not None and part.segment.end > wanted:
            around = [*([before] if before else []), part, *islice(passages, _BEHIND)]
            return _merge(around)
        before = part
    return _merge([before] if before else [])


def _find_passages(source: Source, suffix: str, places: Sequence[float | None]) -> list[Part]:
    """The passage that begins at each place, or before it. Raises MediaError where there is none at all."""
    wanted = [place or 0.0 for place in places]
    found: dict[float, Part] = {}
    first: Part | None = None
    for _, part in split_passages(open_blocks(source, suffix)):
        assert part.segment is not None
        first = first or part
        found |= {place: part for place in wanted if part.segment.start <= place}
        if part.segment.start > max(wanted, default=0.0) or not any(wanted):
            break
    if first is None:
        raise MediaError("It holds no text.")
    return [found.get(place, first) for place in wanted]


def _merge(parts: Sequence[Part]) -> str:
    """The text of passages that follow one another; an empty line where one does not go on from the other."""
    text, end = "", 0.0
    for part in parts:
        assert part.segment is not None
        shared = max(0, int(end - part.segment.start))
        behind = str(part.content)[shared:]
        text += behind if shared or not text else f"\n\n{behind}" if part.segment.start > end + 1 else f" {behind}"
        end = part.segment.end
    return text


def _draw_card(text: str, heading: str | None) -> Image.Image:
    card = Image.new("RGB", _CARD, _PAPER)
    draw = ImageDraw.Draw(card)
    y = _MARGIN
    if heading and not text.startswith(heading):
        y = _write(draw, y, textwrap.wrap(heading, _LETTERS, max_lines=2, placeholder=" …"), _GREY)
    room = (_CARD[1] - _MARGIN - y) // _LINE
    lines = [line for paragraph in text.split("\n") for line in textwrap.wrap(paragraph, _LETTERS) or [""]]
    lines = [*lines[: room - 1], "…"] if len(lines) > room else lines
    _write(draw, y, lines, _INK)
    return card


def _write(draw: ImageDraw.ImageDraw, y: int, lines: Sequence[str], color: str) -> int:
    """Writes lines below one another; returns where the next one goes."""
    font = ImageFont.load_default(_FONT)
    for line in lines:
        draw.text((_MARGIN, y), line, fill=color, font=font)
        y += _LINE
    return y
