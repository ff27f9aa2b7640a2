"""Decoding rules: what a later version of Semblance decodes otherwise than an earlier one.

Each item of a library keeps the number of the rules that made it (None: from before there were any). The next index run
decodes again the files that a later rule concerns, and no others. To add one: append a row with the next number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Protocol

from core.media.image_files.dates import is_in_future


class DecodedFile(Protocol):
    """What is known of a file without opening it; an item of a library is one."""

    @property
    def path(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def taken_at(self) -> datetime | None: ...
    @property
    def rules(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class DecodingRule:
    """One change of how files are decoded.

    Parameters
    ----------
    number : int
        From 1, one more than that of the row before.
    about : str
        What is decoded otherwise, for reports: a few words that go on from "because of".
    kind : str
        The kind of items that it concerns.
    suffixes : tuple of str
        Endings of files that it may concern, in lower case with the dot; empty for all of the kind.
    concerns : callable, optional
        Narrows it down to some of these items, by what the library knows of them. Failed items need no rule: each run
        tries them again.
    sign : bytes, optional
        Regular expression. A picture in whose file it is not found keeps its vector, and only its facts are read again.
    vectors : bool
        Whether pixels change. If not, only size, date and reason are read again.
    """

    number: int
    about: str
    kind: str
    suffixes: tuple[str, ...] = ()
    concerns: Callable[[DecodedFile], bool] | None = None
    sign: bytes | None = None
    vectors: bool = True


_TRANSPARENT = rb"tRNS|IHDR.{8}(\x10|.[\x04\x06])|\x21\xf9\x04[\x01\x05\x09\x0d]|ALPH|VP8L"  # or deep; PNG, GIF, WebP
_ZEROS = (1904, 1970, 1980)  # years of clocks that were never set

DECODING_RULES = [
    DecodingRule(1, "dates of videos by the clock of the camera", "video", vectors=False),
    DecodingRule(2, "whole videos are not called cut off", "video", concerns=lambda file: file.reason is not None),
    DecodingRule(3, "live Flash videos count from their beginning", "video", suffixes=(".flv",)),
    DecodingRule(4, "pictures with color profiles", "image", sign=rb"acsp|iCCP"),
    DecodingRule(5, "deep, turned and many-paged TIFF", "image", (".tif", ".tiff")),
    DecodingRule(6, "transparency", "image", (".png", ".gif", ".webp", ".avif"), sign=_TRANSPARENT + rb"|ftypavi"),
    DecodingRule(7, "dates of photos", "image", vectors=False,
                 concerns=lambda file: file.taken_at is None or file.taken_at.year in _ZEROS),
    DecodingRule(8, "dates in the future", "image", vectors=False,
                 concerns=lambda file: file.taken_at is not None and is_in_future(file.taken_at)),
    DecodingRule(9, "GIFs that do not say how long a picture is shown", "video", (".gif",)),
]  # fmt: skip


def current_rules() -> int:
    """The number that items get which are decoded now."""
    return DECODING_RULES[-1].number if DECODING_RULES else 0


def find_rules(file: DecodedFile) -> list[DecodingRule]:
    """The rules by which a file that a library knows would be decoded otherwise now."""
    since = file.rules or 0
    if since >= current_rules():
        return []
    suffix = PurePath(file.path).suffix.lower()
    return [
        rule
        for rule in DECODING_RULES
        if rule.number > since
        and rule.kind == file.kind
        and (not rule.suffixes or suffix in rule.suffixes)
        and (rule.concerns is None or rule.concerns(file))
    ]


def changes_vectors(rules: Sequence[DecodingRule], data: bytes | None = None) -> bool:
    """Whether some rule changes the pixels of a file. data: the whole file of a picture."""
    return any(
        rule.vectors and (data is None or rule.sign is None or re.search(rule.sign, data, re.DOTALL) is not None)
        for rule in rules
    )
