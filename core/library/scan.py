"""Which files a folder holds: recursive, without hidden files and symlink loops, and what could not be looked into."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISREG

from core.errors import LibraryError


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file as the folder lists it: absolute path, size in bytes, time of change in nanoseconds."""

    path: str
    bytes: int
    mtime_ns: int


@dataclass(slots=True)
class Scan:
    """What a scan found. closed: folders and files that could not be looked at, with the reason."""

    roots: list[str]
    files: dict[str, FoundFile] = field(default_factory=dict)
    closed: dict[str, str] = field(default_factory=dict)

    def covers(self, path: str) -> bool:
        """Whether the scan would have seen this file, had it been there."""
        inside = any(path == root or path.startswith(root.rstrip(os.sep) + os.sep) for root in self.roots)
        return inside and not any(path.startswith(folder + os.sep) for folder in self.closed)


def scan(
    paths: Iterable[Path | str],
    *,
    wanted: Callable[[str], bool],
    on_found: Callable[[int], None] | None = None,
) -> Scan:
    """Lists the files below `paths` whose names are `wanted`; a file named itself is always taken.

    A folder reached by several ways (links) is listed once. on_found: told the count so far, now and then.
    Raises LibraryError for a path that does not exist.
    """
    result = Scan([os.path.abspath(Path(path).expanduser()) for path in paths])
    seen_folders: set[tuple[int, int]] = set()
    for root in result.roots:
        if not os.path.lexists(root):
            raise LibraryError(f"There is no file or folder {root}: check the path.")
        named = [root] if not os.path.isdir(root) else None
        for path in named or _walk(root, seen_folders, result.closed):
            if named or wanted(path):
                _add(result, path)
                if on_found and len(result.files) % 500 == 0:
                    on_found(len(result.files))
    return result


def _add(result: Scan, path: str) -> None:
    try:
        path.encode()
        stat = os.stat(path)
    except UnicodeEncodeError:  # bytes of another age: nothing that shows or stores text can carry them
        readable = os.fsencode(path).decode(errors="backslashreplace")
        result.closed[readable] = "The name is not valid UTF-8: rename the file."
        return
    except OSError as error:
        result.closed[path] = f"It cannot be looked at: {error.strerror}."
        return
    if not S_ISREG(stat.st_mode):  # reading from a pipe or a device may never end
        result.closed[path] = "It is a pipe or a device, not a file."
        return
    result.files[path] = FoundFile(path, stat.st_size, stat.st_mtime_ns)


def _walk(root: str, seen: set[tuple[int, int]], closed: dict[str, str]) -> Iterator[str]:
    stack = [root]
    while stack:
        folder = stack.pop()
        try:
            stat = os.stat(folder)
            if (stat.st_dev, stat.st_ino) in seen:
                continue
            seen.add((stat.st_dev, stat.st_ino))
            with os.scandir(folder) as entries:
                listed = sorted((entry for entry in entries if not entry.name.startswith(".")), key=lambda e: e.name)
        except OSError as error:
            closed[folder] = f"The folder cannot be opened: {error.strerror}."
            continue
        stack.extend(entry.path for entry in reversed(listed) if entry.is_dir())
        yield from (entry.path for entry in listed if not entry.is_dir())
