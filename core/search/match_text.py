"""What is said of a hit of a search: its match in percent, or that it shows the query's own picture."""

from __future__ import annotations

from textwrap import shorten
from typing import Protocol

_COPIES = {"same": "this very picture", "part": "part of the same picture"}
_CAPTION = 120  # letters of a caption that are quoted


class Judged(Protocol):
    """What a search found: an item, a video, a moment, or one of them on a saved page."""

    @property
    def relevance(self) -> float: ...
    @property
    def judged(self) -> bool: ...


def describe_match(hit: Judged) -> str:
    """What is known of a hit: that it is a copy, or its match; "" where matches were not measured."""
    copy = getattr(hit, "copy", None)
    if copy is not None:
        return _COPIES[copy]
    return format_match(hit.relevance) if hit.judged else ""


def quote_caption(caption: str | None) -> str:
    """That the caption of an item is what speaks for it, and how it begins; "" without one."""
    return f"Its caption matches: “{shorten(caption, _CAPTION, placeholder=' …')}”" if caption else ""


def format_match(relevance: float) -> str:
    """A relevance, 0 to 1, as text."""
    return f"{round_match(relevance)} % match"


def round_match(relevance: float) -> int:
    """A relevance in percent, 1 to 99: never certain."""
    return min(99, max(1, round(100 * relevance)))


def describe_result(hits: int, likely: int, considered: int, judged: bool, *, noun: str = "hit") -> str:
    """How much a search found: how many of how many, and how many of them are above the line where doubt begins."""
    found = f"{hits:,} {noun}{'' if hits == 1 else 's'} of {considered:,}"
    if not judged:
        return found
    return f"{found}, {likely:,} likely" if likely else f"Nothing here matches; the nearest {found}"
