"""Decoded images of points, loaded on demand: the pictures by which files are compared."""

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

_MAX_CACHED = 256  # points whose pictures stay in memory, half a megabyte each
_SIDE = 240  # pixels of the shorter side, enough for features
_COARSE_SIDE = 48
_AROUND_S = 0.5  # on each side of a row, which also represents frames that were not embedded
_FRAMES = 9
_MOMENTS = (0.2, 0.5, 0.8)  # shares of a video's length at which two are compared
_LENGTHS = 0.02  # largest relative difference between the lengths of copies

OnUnreadable = Callable[[Item, str], None]


class PointImages:
    """Lazily decoded images of points. Thread-safe; unreadable files have no image and are reported once."""

    def __init__(self, points: Points, on_unreadable: OnUnreadable | None = None) -> None:
        self._points = points
        self._stills = points.stills
        self._on_unreadable = on_unreadable
        self._unreadable: set[str] = set()
        self._lock = threading.Lock()
        self._pictures = lru_cache(maxsize=_MAX_CACHED)(self._read)

    def get_thumbprint(self, number: int) -> Thumbprint | None:
        """A photo for the coarse check; None if it cannot be read."""
        item = self.get_item(number)
        try:
            return make_thumbprint(get_modality(item.kind).draw(Path(item.path), [None], _COARSE_SIDE)[0])
        except MediaError as error:
            self._report_unreadable(item, error)
            return None

    def are_copies(self, one: int, other: int) -> bool:
        """Whether two points show the same, by pixels. Videos of equal length are compared at three moments."""
        wholes = {self._is_mean(one), self._is_mean(other)}
        if wholes == {True} and not self._have_equal_length(one, other):
            return False
        if len(wholes) > 1:
            return False  # a whole video has no picture of its own
        first, second = self._pictures(one), self._pictures(other)
        if wholes == {True}:
            pairs = list(zip(first, second, strict=False))
            return len(pairs) == len(_MOMENTS) and all(are_copies(*pair) for pair in pairs)
        if self.is_frame(one) and self.is_frame(other):  # the middle of one lies among the frames around the other
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
        """The picture that represents a point; None if it cannot be read."""
        return next(iter(self._pictures(number)), None)

    def _read(self, number: int) -> list[Picture]:
        item = self.get_item(number)
        try:
            drawn = get_modality(item.kind).draw(Path(item.path), self._places(number, item), _SIDE)
            return [Picture(image) for image in drawn]
        except MediaError as error:
            self._report_unreadable(item, error)
            return []

    def _places(self, number: int, item: Item) -> Sequence[float | None]:
        """Seconds of the moments of a video, or of the frames around one of its rows; None for a picture."""
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

    def _report_unreadable(self, item: Item, error: MediaError) -> None:
        with self._lock:
            is_known = item.id in self._unreadable
            self._unreadable.add(item.id)
        if self._on_unreadable and not is_known:
            self._on_unreadable(item, str(error))
