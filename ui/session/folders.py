"""The folders of a library's files, by names that people can tell apart."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable

from core import Encoder, Library
from ui.session.cache import get_cached


def list_folders(library: Library, encoder: Encoder) -> dict[str, str]:
    """Path -> name of each folder of searchable files: first the common one, then the others, relative to it."""
    index = library.index(encoder)

    def find() -> dict[str, str]:
        paths = list(folders(index.items["path"].to_pylist()))
        return dict(zip(paths, relative(paths), strict=True))

    return get_cached("folders", None, index, find)


def folders(paths: Iterable[str]) -> dict[str, int]:
    """Folder -> number of these files in it and below, for every folder from the common one down."""
    direct = Counter(os.path.dirname(path) for path in paths)
    if not direct:
        return {}
    root = os.path.commonpath(direct)
    below: Counter[str] = Counter()
    for folder, count in direct.items():
        while True:
            below[folder] += count
            if folder == root:
                break
            folder = os.path.dirname(folder)
    return dict(sorted(below.items()))


def relative(below: list[str]) -> list[str]:
    """Display names of the folders of `folders`: the common one by its name, the others relative to it."""
    names = [os.path.relpath(folder, below[0]) for folder in below]
    return [os.path.basename(below[0]) or below[0], *names[1:]] if below else []
