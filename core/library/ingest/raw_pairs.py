"""Camera raw files beside their JPEG: cameras that write both mean one photo, so the JPEG alone is indexed."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable

from core.errors import MediaError
from core.library.ingest.reader import hash_file
from core.library.ingest.scan import FoundFile, Scan, is_missing
from core.library.schema import Item
from core.media.formats import list_suffixes
from core.utils.files import to_absolute

BESIDE_JPEG = "beside its JPEG"
_JPEG_START = b"\xff\xd8"


def pass_over_raw_pairs(found: Scan, items: Iterable[Item]) -> None:
    """Takes each raw file out of a scan that lies beside a JPEG of the same name, and counts it as passed over.

    What a library has as an item of its own stays one, also if it was moved, so that it keeps its labels.

    Parameters
    ----------
    found : Scan
        Is changed.
    items : iterable of Item
        Of the library. Those of raw files that could not be read do not count.
    """
    pairs = _find_pairs(found)
    if not pairs:
        return
    known = {item.path: item for item in items if item.status != "failed"}
    raw = _filter(known, "image/x-raw")
    moved = [known[path] for path in raw if path not in found.files and is_missing(path)]
    for file in pairs:
        if file.path not in known and not any(_is_same(file, item) for item in moved):
            del found.files[file.path]
            found.beside_jpeg.add(file.path)
            found.passed_over[f"{_split(file.path)[1]} ({BESIDE_JPEG})"] += 1


def _find_pairs(found: Scan) -> list[FoundFile]:
    """Raw files whose JPEG was found too."""
    raw = [found.files[path] for path in _filter(found.files, "image/x-raw")]
    jpegs = defaultdict[str, list[str]](list)
    for path in _filter(found.files, "image/jpeg") if raw else ():
        jpegs[_split(path)[0]].append(path)
    return [file for file in raw if any(_begins_well(path) for path in jpegs.get(_split(file.path)[0], ()))]


def _split(path: str) -> tuple[str, str]:
    """What a pair shares, and the ending in lower case. Cameras and programs differ in upper and lower case."""
    folder, name = os.path.split(path)
    stem, suffix = os.path.splitext(name)
    return os.path.join(folder, stem.casefold()), suffix.lower()


def _filter(paths: Iterable[str], mime_type: str) -> list[str]:
    endings = tuple(list_suffixes(mime_type))
    return [path for path in paths if path.lower().endswith(endings)]


def _begins_well(path: str) -> bool:
    """Whether the JPEG is one: an empty file stands for no photo."""
    try:
        with open(path, "rb") as file:
            return file.read(2) == _JPEG_START
    except OSError:
        return False


def _is_same(file: FoundFile, item: Item) -> bool:
    if file.bytes != item.bytes:
        return False
    try:
        return hash_file(to_absolute(file.path)) == item.content_hash
    except MediaError:
        return False
