"""Which video holds this picture: near-exact, and when.

Vectors say where it may be; pixels decide (`core.media.pixel_match`), so that the answer can be "in none".
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.deprecated import task_keywords
from core.encoders.base import Encoder
from core.errors import MediaError, QueryError
from core.library.filters import Filters
from core.library.index import VectorIndex
from core.library.schema import Item
from core.library.store import Library
from core.media.isolated import open_isolated, read_still, read_stills
from core.media.modalities import PICTURE, VIDEO
from core.media.pixel_match import Match, Picture
from core.previews.notebook import Card, card_of_item, show_cards
from core.progress import SILENT, Task
from core.search.query import Term, embed_query, parse_frame
from core.search.video_scores import score_query_shots
from core.utils.timecode import format_timecode

_NEAREST = 400  # vectors considered
_PLACES = 12  # stretches of videos that are decoded
_AROUND_S = 1.0  # to each side: a frame represents others that are not embedded
_LONGEST_S = 8.0  # of a place that is joined from several rows
_FRAMES = 48  # of a place, evenly over its time; then as many between the neighbours of the best
_EVERY = 8  # the frame among them on which features are tried first
_CLOSER = 4  # places whose every frame is looked at, if nothing was found
_SIDE = 240  # pixels of the shorter side of decoded frames: enough for features


@dataclass(frozen=True, slots=True)
class Sighting:
    """A video that shows an image at `time_s` (seconds). likeness: correlation of the pixels, 0.9 to 1.

    is_whole_image: the image is the whole frame; else a part of it, or it shows more than the frame.
    """

    item: Item
    time_s: float
    likeness: float
    is_whole_image: bool

    def to_card(self) -> Card:
        """What a notebook shows of it."""
        part = "" if self.is_whole_image else ", in part"
        return card_of_item(self.item, f"{format_timecode(self.time_s)}{part}", time_s=self.time_s)

    def _repr_html_(self) -> str:
        return show_cards([self.to_card()], heading="A sighting")


@dataclass(frozen=True, slots=True)
class _Place:
    """A part of a video that may show the image, in seconds."""

    item: Item
    start_s: float
    end_s: float

    def joined(self, other: _Place) -> _Place | None:
        """Both in one, where they follow one another closely in one video and are not too long together."""
        start_s, end_s = min(self.start_s, other.start_s), max(self.end_s, other.end_s)
        apart_s = end_s - start_s - (self.end_s - self.start_s) - (other.end_s - other.start_s)
        if self.item.id != other.item.id or apart_s > _AROUND_S or end_s - start_s > _LONGEST_S:
            return None
        return _Place(self.item, start_s, end_s)


class _Close(NamedTuple):
    """The frame of a place that is nearest to an image, and the seconds to the next frame that was compared."""

    distance: float
    item: Item
    time_s: float
    around_s: float


@task_keywords
def locate(
    library: Library,
    encoder: Encoder,
    picture: Term,
    *,
    filters: Filters | None = None,
    on_unreadable: Callable[[Item, str], None] | None = None,
    task: Task = SILENT,
) -> tuple[Sighting, ...]:
    """Finds the places in a library's videos that show an image.

    Parameters
    ----------
    library : Library
    encoder : Encoder
    picture : Term
        Of kind "image", "item" (a photo of the library) or "frame", whose own shot is left out. The videos may show it
        resized, compressed again or cropped (to a tenth of the frame or more), but not mirrored or turned.
    filters : Filters, optional
    on_unreadable : callable, optional
        Called once with each candidate video that can no longer be read, and the reason; the search goes on.
    task : Task, optional
    task : Task, optional
        Ends the search early, with what it has found.

    Returns
    -------
    tuple of Sighting
        Best first; empty if no video shows the image.

    Raises
    ------
    QueryError
        The image cannot be used.
    LibraryError
        The library cannot be read.
    """
    stage = task.stage("locate", "places")
    index = library.index(encoder)
    target = Picture(_open(library, picture))
    limited = (filters or Filters()).mask(index.items, library)
    places = _places(index, encoder, picture, limited)
    found: list[Sighting] = []
    close: list[_Close] = []
    unreadable: set[str] = set()
    for done, place in enumerate(places):
        if task.is_cancelled:
            break
        stage.report(done, len(places))
        if place.item.id in unreadable:
            continue
        try:
            sighting = _compare_frames(place, target, close)
        except MediaError as error:
            unreadable.add(place.item.id)
            if on_unreadable:
                on_unreadable(place.item, str(error))
            continue
        if sighting and not any(_is_same_place(sighting, other) for other in found):
            found.append(sighting)
    if not found and not task.is_cancelled:
        found = _refine(close, target)
    return tuple(sorted(found, key=lambda sighting: (not sighting.is_whole_image, -sighting.likeness)))


def _open(library: Library, picture: Term) -> Image.Image:
    try:
        if picture.kind == "image":
            return open_isolated(picture.value, min_side=_SIDE)
        if picture.kind in ("item", "frame"):
            item_id, time_s = parse_frame(str(picture.value)) if picture.kind == "frame" else (str(picture.value), None)
            item = library.item(item_id)
            if item is not None and (item.kind == PICTURE.name or time_s is not None):
                return read_still(item.path, time_s) if time_s is not None else open_isolated(item.path, min_side=_SIDE)
    except MediaError as error:
        raise QueryError(f"The picture of the query cannot be used: {error}") from error
    raise QueryError("Only a picture can be located: give one picture, or a frame of a video.")


def _places(index: VectorIndex, encoder: Encoder, picture: Term, limited: NDArray[np.bool_] | None) -> list[_Place]:
    """The places of the nearest vectors, nearest first; neighbors in time are one place."""
    query = embed_query(encoder, [picture], index=index)
    allowed = np.asarray(Filters(kind=VIDEO.name).mask(index.items))
    scores, numbers = index.search(query, _NEAREST, allowed=allowed if limited is None else allowed & limited)
    numbers = numbers[scores >= scores.max(initial=-1.0) - index.thresholds.locate_range]
    own = set(score_query_shots(index, [picture]).tolist())
    places: list[_Place] = []
    for number in (number for number in numbers.tolist() if number not in own):
        row = _Place(index.item(number), float(index.start_s[number]), float(index.end_s[number]))
        for place, other in enumerate(places):
            if joined := other.joined(row):
                places[place] = joined
                break
        else:
            if len(places) < _PLACES:
                places.append(row)
    return places


def _is_same_place(one: Sighting, other: Sighting) -> bool:
    return one.item.id == other.item.id and abs(one.time_s - other.time_s) <= 2 * _AROUND_S


def _compare_frames(place: _Place, target: Picture, close: list[_Close]) -> Sighting | None:
    """The best frame of a place, if it shows the image; else adds the nearest frame to `close`.

    Raises MediaError.
    """
    start_s, end_s = max(0.0, place.start_s - _AROUND_S), place.end_s + _AROUND_S
    around_s = (end_s - start_s) / _FRAMES
    path = place.item.path
    times, frames = _frames(path, start_s, end_s)
    roughly = _find_most_similar(target, times, frames)
    if roughly is None:
        distances = [target.distance(frame) for frame in frames]
        if distances:
            nearest = int(np.argmin(distances))
            close.append(_Close(distances[nearest], place.item, times[nearest], around_s))
        return None
    time_s, match = _find_most_similar(target, *_frames(path, roughly[0] - around_s, roughly[0] + around_s)) or roughly
    return Sighting(place.item, time_s, match.likeness, match.whole)


def _refine(close: list[_Close], target: Picture) -> list[Sighting]:
    """Compares every frame around the nearest ones: in motion, the matching one may lie between those compared."""
    for entry in sorted(close, key=lambda value: value.distance)[:_CLOSER]:
        start_s, end_s = entry.time_s - entry.around_s, entry.time_s + entry.around_s
        with contextlib.suppress(MediaError):
            if match := _find_most_similar(target, *_frames(entry.item.path, start_s, end_s)):
                return [Sighting(entry.item, match[0], match[1].likeness, match[1].whole)]
    return []


def _frames(path: str, start_s: float, end_s: float) -> tuple[list[float], list[Picture]]:
    """Evenly spaced times between two seconds, and the frames at these times."""
    start_s = max(0.0, start_s)
    times = (start_s + (np.arange(_FRAMES) + 0.5) * (end_s - start_s) / _FRAMES).tolist()
    return times, [Picture(image) for image in read_stills(path, times, min_side=_SIDE)]


def _find_most_similar(
    target: Picture, times: Sequence[float], frames: Sequence[Picture]
) -> tuple[float, Match] | None:
    """The time and match of the best frame; None if no frame shows the image."""
    matches = [target.whole_match(frame) for frame in frames]
    if not any(matches) and any(target.is_part_of(frame) for frame in frames[_EVERY // 2 :: _EVERY]):
        matches = [target.part_match(frame) for frame in frames]
    found = [(time_s, match) for time_s, match in zip(times, matches, strict=True) if match]
    return max(found, key=lambda pair: pair[1].likeness) if found else None
