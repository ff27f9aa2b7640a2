"""What points show, decoded when it is asked for: the pictures by which their files are compared."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from core.cleanup.copy_check import Thumbprint, are_copies, make_thumbprint
from core.errors import MediaError
from core.library.points import Points
from core.library.schema import Item
from core.library.track import track_of
from core.media.modalities import get_modality
from core.media.pixel_match import Picture

_MAX_CACHED = 256  # points whose pictures stay in memory: half a megabyte each
_SIDE = 240  # pixels of the shorter side: enough for features
_ROUGH_SIDE = 48
_AROUND_S = 0.5  # to each side of a row, which stands for frames that were not embedded
_FRAMES = 9
_MOMENTS = (0.2, 0.5, 0.8)  # of a video's length, where two are compared
_LENGTHS = 0.02  # by which the lengths of two copies may differ

OnUnreadable = Callable[[Item, str], None]


class PointImages:
    """The pictures of points; for several threads. A file that cannot be read shows nothing, and is told once."""

    def __init__(self, points: Points, on_unreadable: OnUnreadable | None = None) -> None:
        self._points = points
        self._stills = points.stills
        self._tell = on_unreadable
        self._unreadable: set[str] = set()
        self._lock = threading.Lock()
        self._pictures = lru_cache(maxsize=_MAX_CACHED)(self._read)

    def get_thumbprint(self, number: int) -> Thumbprint | None:
        """A photo for the rough look; None where it cannot be read."""
        item = self.get_item(number)
        try:
            return make_thumbprint(get_modality(item.kind).draw(Path(item.path), [None], _ROUGH_SIDE)[0])
        except MediaError as error:
            self._failed(item, error)
            return None

    def are_copies(self, one: int, other: int) -> bool:
        """Whether two points show the same, by their pixels. Whole videos: at three moments of the same length."""
        wholes = {self._is_mean(one), self._is_mean(other)}
        if wholes == {True} and not self._have_equal_length(one, other):
            return False
        if len(wholes) > 1:
            return False  # the mean of a video is no picture
        first, second = self._pictures(one), self._pictures(other)
        if wholes == {True}:
            pairs = list(zip(first, second, strict=False))
            return len(pairs) == len(_MOMENTS) and all(are_copies(*pair) for pair in pairs)
        if self.is_frame(one) and self.is_frame(other):  # sampled alike or not, the middle of one lies around the other
            first = first[len(first) // 2 :][:1]
        return any(are_copies(a, b) for a in first for b in second)

    def get_item(self, number: int) -> Item:
        """The file of a point."""
        return self._points.items([number])[0]

    def is_frame(self, number: int) -> bool:
        """Whether a point is a frame of a video."""
        return not np.isnan(self._points.start_s[number])

    def _is_mean(self, number: int) -> bool:
        """Whether a point stands for all parts of an item with segments."""
        return not self._stills[number] and not self.is_frame(number)

    def get_image(self, number: int) -> Picture | None:
        """The picture that stands for a point; None where it cannot be read."""
        return next(iter(self._pictures(number)), None)

    def _read(self, number: int) -> list[Picture]:
        item = self.get_item(number)
        try:
            drawn = get_modality(item.kind).draw(Path(item.path), self._places(number, item), _SIDE)
            return [Picture(image) for image in drawn]
        except MediaError as error:
            self._failed(item, error)
            return []

    def _places(self, number: int, item: Item) -> Sequence[float | None]:
        """Seconds of a whole video's moments, or of the frames around a row of it; None for a picture."""
        if self._stills[number]:
            return [None]
        if self._is_mean(number):
            return [share * (item.duration_s or 0.0) for share in _MOMENTS]
        track, start_s = track_of(self._points.index, item.id), float(self._points.start_s[number])
        end_s = float(track.end_s[np.searchsorted(track.start_s, start_s)])
        return np.linspace(max(0.0, start_s - _AROUND_S), end_s + _AROUND_S, _FRAMES).tolist()

    def _have_equal_length(self, one: int, other: int) -> bool:
        lengths = [self.get_item(number).duration_s or 0.0 for number in (one, other)]
        return max(lengths) - min(lengths) <= max(0.1, _LENGTHS * max(lengths))

    def _failed(self, item: Item, error: MediaError) -> None:
        with self._lock:
            predictions = item.id in self._unreadable
            self._unreadable.add(item.id)
        if self._tell and not predictions:
            self._tell(item, str(error))
