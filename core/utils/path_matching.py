"""Paths as tables write them, and the files that they mean: other folders, other slashes, other Unicode forms."""

from __future__ import annotations

import os
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path

_ROOT = "\0"  # the part before the first folder of an absolute path: no file has this name


def nfc(text: str) -> str:
    """A text in Unicode's form NFC: macOS and some archives write é as two letters, other programs as one."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def fold_stem(path: str) -> str:
    """A path without its last ending and without case: `film.srt` and `Film.MP4` beside each other have the same."""
    return os.path.splitext(path)[0].casefold()


class PathMatcher:
    """Finds paths by their last parts: `cats/1.jpg`, or `1.jpg` if only one path ends so.

    Slashes and backslashes separate parts, and Unicode forms do not count.

    Parameters
    ----------
    paths
        The n paths to find.
    """

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = paths
        keys = [_key(path) for path in paths]
        self._order = sorted(range(len(keys)), key=keys.__getitem__)
        self._keys = [keys[number] for number in self._order]  # what ends alike stands together

    def find(self, path: str) -> int | None:
        """The number of the only path that ends like this one, which is whole if it is absolute; else None."""
        return self._pick(self._range(_key(path)), path)

    def find_nearest(self, path: str) -> int | None:
        """The number of the path that has most of the last parts; None if none has any, or several have as many."""
        key = _key(path)
        while key:
            if found := self._range(key):
                return self._pick(found, path)
            key = key[: key.rfind("/", 0, -1) + 1]
        return None

    def _range(self, key: str) -> range:
        start = bisect_left(self._keys, key) if key else 0
        end = start
        while key and end < len(self._keys) and end < start + 3 and self._keys[end].startswith(key):
            end += 1
        return range(start, end)

    def _pick(self, found: range, path: str) -> int | None:
        """One of the places: the only one, or the one of the same letters where two differ in their Unicode form."""
        numbers = [self._order[place] for place in found]
        exact = [number for number in numbers if self._paths[number] == path]
        numbers = exact or numbers
        return numbers[0] if len(numbers) == 1 else None


def _key(path: str) -> str:
    """The parts, the last first, each with a slash: what ends alike begins alike. "" for a path of no name."""
    parts = [part for part in nfc(path).replace("\\", "/").split("/") if part not in ("", ".")]
    if not parts:
        return ""
    return "/".join([*reversed(parts), _ROOT, ""] if path.startswith("/") else [*reversed(parts), ""])


def find_file(folder: Path, path: str) -> Path:
    """The file that a table means by a path from a folder: as written if there is one, or with other slashes and in
    another Unicode form. As written where there is none."""
    written = folder / path
    if os.path.lexists(written):
        return written
    found = Path("/") if path.startswith("/") else folder
    for part in path.replace("\\", "/").split("/"):
        spellings = (part, nfc(part), unicodedata.normalize("NFD", part))
        there = next((found / spelling for spelling in spellings if os.path.lexists(found / spelling)), None)
        if there is None:
            return written
        found = there
    return found
