"""Lists the files below folders, without hidden files and symlink loops, and what could not be read.

Links are followed only to targets within the given folders: a link in a folder from an untrusted source could point to
any file.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from core.errors import LibraryError
from core.media.formats import find_format
from core.utils.files import to_absolute

_HEAD = 64  # bytes, by which a picture is known


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file as listed: absolute path, size in bytes, modification time in nanoseconds."""

    path: str
    bytes: int
    mtime_ns: int


@dataclass(slots=True)
class Scan:
    """What a scan found.

    unreadable: files and closed: folders that could not be read, each with the reason. passed_over: how many other
    files there are, by the ending of their names. misnamed: those of them that are pictures by their first bytes.
    beside_jpeg: raw files that are left to the JPEG beside them (`core.library.ingest.raw_pairs`).
    """

    roots: list[str]
    files: dict[str, FoundFile] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    closed: dict[str, str] = field(default_factory=dict)
    passed_over: Counter[str] = field(default_factory=Counter)
    misnamed: dict[str, str] = field(default_factory=dict)
    beside_jpeg: set[str] = field(default_factory=set)

    def covers(self, path: str) -> bool:
        """Whether the scan would have found this file if it existed."""
        inside = any(is_within(path, root) for root in self.roots)
        hidden = path in self.unreadable or any(path.startswith(folder + os.sep) for folder in self.closed)
        return inside and not hidden


def check_roots(paths: Iterable[Path | str]) -> list[str]:
    """The paths as absolute ones. Raises LibraryError for one that does not exist."""
    paths = list(paths)
    if not all(map(str, paths)):
        raise LibraryError("A path is empty: name a folder or a file (a dot is the current folder).")
    roots = [str(to_absolute(path)) for path in paths]
    for root in roots:
        if not os.path.lexists(root):
            raise LibraryError(f"There is no file or folder {root!r}: check the path.")
    return roots


def is_within(path: str, root: str) -> bool:
    """Whether an absolute path is a file or folder, or lies below it."""
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)


def is_missing(path: str) -> bool:
    """Whether a file certainly does not exist (a folder may have its name now); False if that is unknown (a closed
    folder, a lost drive)."""
    try:
        return S_ISDIR(os.lstat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        pass
    return False


def use_known_names(found: Scan, known: Iterable[str]) -> None:
    """Gives files the paths that a library has for them, where a folder is reached by a link now and was by its own
    name before, or the other way round: it would be in the library twice. known: the paths in the library."""
    before = {os.path.dirname(path) for path in known}
    new = {os.path.dirname(path) for path in found.files} - before
    real = {os.path.realpath(folder): folder for folder in before} if new else {}
    names = {folder: real[target] for folder in new if (target := os.path.realpath(folder)) in real}
    if names:
        found.roots += names.values()
        files = [_renamed(file, names) for file in found.files.values()]
        found.files = {file.path: file for file in files}


def _renamed(file: FoundFile, names: Mapping[str, str]) -> FoundFile:
    folder, name = os.path.split(file.path)
    return replace(file, path=os.path.join(names[folder], name)) if folder in names else file


def scan(
    paths: Iterable[Path | str],
    *,
    target: Callable[[str], bool],
    on_found: Callable[[int], None] | None = None,
) -> Scan:
    """Lists the files below paths.

    A folder that is reached in several ways (links) is listed once, under its own name if possible. Links out of
    `paths` are not followed, and listed as unreadable or closed; a path that is itself a link is followed.

    Parameters
    ----------
    paths
        Folders, and files, which are always taken.
    target
        Which files to take, by their paths.
    on_found
        Called with the count so far, every 500 files.

    Raises
    ------
    LibraryError
        For a path that does not exist.
    """
    result = Scan(check_roots(paths))
    for root in result.roots:
        if not os.path.isdir(root):
            _add(result, root)
    within = _Within(result.roots)
    for path in _walk([root for root in result.roots if os.path.isdir(root)], within, result.closed):
        if target(path):
            if os.path.islink(path) and (out := within.leads_out(path)):
                result.unreadable[_readable(path)] = out
            else:
                _add(result, path)
            if on_found and len(result.files) % 500 == 0:
                on_found(len(result.files))
        else:
            _pass_over(result, path)
    return result


def look_up(paths: Iterable[str]) -> Scan:
    """A scan of files by their paths, which looks at nothing beside them. Absent ones are covered: they are missing."""
    paths = list(paths)
    result = Scan(sorted({Path(path).anchor for path in paths}))
    within = _Within([os.path.dirname(path) for path in paths])
    for path in paths:
        if is_missing(path):
            continue
        if os.path.islink(path) and (out := within.leads_out(path)):
            result.unreadable[path] = out
        elif not os.access(os.path.dirname(path), os.X_OK):
            result.closed[path] = "Its folder cannot be opened."
        else:
            _add(result, path)
    return result


class _Within:
    """The given folders and files, by their real paths."""

    def __init__(self, roots: Iterable[str]) -> None:
        self._roots = {os.path.realpath(root) for root in set(roots)}

    def leads_out(self, link: str) -> str | None:
        """Why a link is not followed; None if it is, or if its target does not exist (which has its own reason)."""
        target = os.path.realpath(link)
        if any(is_within(target, root) for root in self._roots):
            return None
        if not os.path.exists(target):
            return None
        return "It is a link out of the folder, and is not followed: index what it leads to under its own path."


def _readable(path: str) -> str:
    return os.fsencode(path).decode(errors="backslashreplace")


def _add(result: Scan, path: str) -> None:
    try:
        path.encode()
        stat = os.stat(path)
    except UnicodeEncodeError:  # such bytes can neither be shown nor stored as text
        result.unreadable[_readable(path)] = "The name is not valid UTF-8: rename the file."
    except OSError as error:
        result.unreadable[path] = f"The file cannot be looked at: {error.strerror}."
    else:
        if S_ISREG(stat.st_mode):
            changed = max(-(2**63), min(stat.st_mtime_ns, 2**63 - 1))  # clocks have been seen in the year 33658
            result.files[path] = FoundFile(path, stat.st_size, changed)
        else:  # reading from a pipe or a device may never end
            result.unreadable[path] = "It is a pipe or a device, not a file."


def _pass_over(result: Scan, path: str) -> None:
    result.passed_over[_readable(os.path.splitext(path)[1]).lower() or "no ending"] += 1
    try:
        if not S_ISREG(os.lstat(path).st_mode):  # opening a pipe may never end
            return
        with open(path, "rb") as file:
            row = find_format(file.read(_HEAD))
    except (OSError, ValueError):
        return
    if row is not None:
        what = f"Its first bytes are those of a picture ({row.title}), but its name ends otherwise"
        result.misnamed[_readable(path)] = f"{what}: rename it to {row.suffixes[0]}, then index again."


def _walk(roots: list[str], within: _Within, closed: dict[str, str]) -> Iterator[str]:
    seen: set[tuple[int, int]] = set()
    folders, links = roots[::-1], list[str]()  # links last, so that a folder is listed under its own name
    while folders or links:
        folder = folders.pop() if folders else links.pop()
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
        for entry in listed:
            if not _is_folder(entry):
                yield entry.path
        for entry in reversed(listed):
            if _is_folder(entry):
                if not entry.is_symlink():
                    folders.append(entry.path)
                elif out := within.leads_out(entry.path):
                    closed[entry.path] = out
                else:
                    links.append(entry.path)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself, or into a closed folder: as a file it gets its reason
        return False
