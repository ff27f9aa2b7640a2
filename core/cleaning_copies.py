"""Copies in a library as a person looks through them: which file to keep and why, and what could go."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from core.cleaning import Finding
from core.duplicates import Duplicates, find_duplicates, find_leaks
from core.encoders.base import Encoder
from core.library.schema import Item
from core.library.store import Library
from core.points import Of, Points, points_of
from core.progress import OnProgress
from core.track import track_of


@dataclass(frozen=True, slots=True)
class Copies:
    """Files that show the same: the one to keep first, and why that one. is_exact: equal to the byte."""

    findings: tuple[Finding, ...]
    is_exact: bool
    reason: str

    @property
    def spare(self) -> tuple[Finding, ...]:
        """Those but the first; no video that merely shows the picture in one of its frames."""
        return tuple(each for each in self.findings[1:] if each.time_s is None)


@dataclass(frozen=True, slots=True)
class CopiesFound:
    """The groups, and the files that could not be read when they were compared: copies of theirs may go unfound."""

    groups: list[Copies]
    unread: list[tuple[Item, str]] = field(default_factory=list)

    @property
    def spare(self) -> list[Finding]:
        """What could go from all groups."""
        return [finding for group in self.groups for finding in group.spare]


def copies_in(
    library: Library,
    encoder: Encoder,
    *,
    of: Of = "items",
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> CopiesFound:
    """Files of a library that show the same; of "frames" also pictures that a video shows. See `find_duplicates`.

    A picture comes before a video that shows it, whatever their sizes: a frame is no reason to give up a picture.
    """
    unread: list[tuple[Item, str]] = []
    points = points_of(library, encoder, of=of)
    duplicates = find_duplicates(
        points, on_progress=on_progress, cancel=cancel, on_unreadable=lambda *each: unread.append(each)
    )
    places = _places(points, [number for each in duplicates for number in each.numbers])
    groups = [_group(points, places, each) for each in duplicates]
    return CopiesFound([each for each in groups if len(each.findings) > 1], unread)


def leaks_between(
    library: Library,
    encoder: Encoder,
    first: str,
    second: str,
    *,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> CopiesFound:
    """The files of one folder that have a copy in another: each with that copy, which comes first. See `find_leaks`."""
    unread: list[tuple[Item, str]] = []
    points = points_of(library, encoder)
    leaks = find_leaks(
        points, first, second, on_progress=on_progress, cancel=cancel, on_unreadable=lambda *each: unread.append(each)
    )
    places = _places(points, [number for leak in leaks for number in (leak.first, leak.second)])
    groups = []
    for leak in leaks:
        kept = replace(places[leak.second], why=f"has a copy in {first}")
        groups.append(Copies((kept, _copy(points, places, leak.first, leak.second)), leak.kind == "exact", ""))
    return CopiesFound(groups, unread)


def _group(points: Points, places: dict[int, Finding], found: Duplicates) -> Copies:
    """Each file once, by the frame that is likest to the best."""
    best, *numbers = found.numbers
    others = [_copy(points, places, number, best) for number in numbers]
    likest = sorted(others, key=lambda each: -(each.cosine or 0.0))
    files = {each.item.id: each for each in reversed(likest) if each.item.id != places[best].item.id}
    rest = [each for each in others if files.get(each.item.id) is each]
    rest.sort(key=lambda each: each.time_s is not None)
    kept = replace(places[best], why=f"the best of {len(rest) + 1:,} copies")
    return Copies((kept, *rest), found.kind == "exact", found.reason)


def _places(points: Points, numbers: Sequence[int]) -> dict[int, Finding]:
    """The files of some points; of those that are frames of a video, the middle of the seconds they stand for."""
    found = {}
    for number, item in zip(numbers, points.items(numbers), strict=True):
        start_s = float(points.start_s[number])
        found[number] = Finding(item, "", time_s=None if math.isnan(start_s) else _middle(points, item, start_s))
    return found


def _middle(points: Points, item: Item, start_s: float) -> float:
    track = track_of(points.index, item.id)
    row = int(np.searchsorted(track.start_s, np.float32(start_s)))
    return float(track.start_s[row] + track.end_s[row]) / 2


def _equal(one: Item, other: Item) -> bool:
    return one.content_hash is not None and one.content_hash == other.content_hash


def _copy(points: Points, places: dict[int, Finding], number: int, best: int) -> Finding:
    own, kept = places[number], places[best].item
    what = (
        "the same file as"
        if _equal(own.item, kept)
        else "shows in a frame"
        if own.time_s is not None
        else "nearly the same as"
    )
    cosine = min(1.0, float(points.vectors[number] @ points.vectors[best]))
    return replace(own, why=f"{what} {Path(kept.path).name}", best=kept.path, cosine=cosine)
