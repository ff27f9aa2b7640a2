"""Libraries of the home folder that were removed: kept for a week, so that a removal can be undone."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from core.errors import LibraryError
from core.library.registry import libraries_folder
from core.library.store import Library
from core.library.store.manifest import MANIFEST_NAME

KEPT = timedelta(days=7)
_STAMP = "%Y%m%dT%H%M%S%f"


@dataclass(frozen=True, slots=True)
class RemovedLibrary:
    """A library that can be restored. path: where it is now. removed_at: local time."""

    path: Path
    removed_at: datetime

    @property
    def name(self) -> str:
        """Its name before and after."""
        return self.path.name


def can_be_undone(library: Library) -> bool:
    """Whether `remove_library` keeps a library for a while: those of the home folder."""
    return library.path.parent == libraries_folder()


def remove_library(library: Library) -> None:
    """Removes a library of the home folder, and for good those that were removed more than `KEPT` ago.

    Raises LibraryError if the library is written to, or lies elsewhere.
    """
    if not can_be_undone(library):
        raise LibraryError(f"{library.path} is not in the home folder: delete its folder instead.")
    list_removed()
    to = _folder() / datetime.now().strftime(_STAMP)
    with library.writing():
        to.mkdir(parents=True)
        library.path.rename(to / library.path.name)


def list_removed() -> list[RemovedLibrary]:
    """Those that can be restored, the last removed first. Deletes those whose time is over."""
    found = []
    for folder in sorted(_folder().glob("*"), reverse=True):  # their names are times
        with suppress(ValueError):  # not a folder of ours
            removed_at = datetime.strptime(folder.name, _STAMP)
            if datetime.now() - removed_at >= KEPT:
                shutil.rmtree(folder, ignore_errors=True)
            else:
                found += [RemovedLibrary(path.parent, removed_at) for path in folder.glob(f"*/{MANIFEST_NAME}")]
    return found


def restore_library(removed: RemovedLibrary) -> Library:
    """Brings a removed library back under its name. Raises LibraryError if another has that name or it is gone."""
    path = libraries_folder() / removed.name
    if path.exists():
        raise LibraryError(f"There is a library {removed.name!r} again: remove or rename it first.")
    try:
        removed.path.rename(path)
    except FileNotFoundError:
        raise LibraryError(f"The library {removed.name!r} cannot be restored any more.") from None
    with suppress(OSError):
        removed.path.parent.rmdir()
    return Library(path)


def _folder() -> Path:
    return libraries_folder() / ".removed"
