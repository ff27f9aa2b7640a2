"""The user's libraries by name: those in the home folder, and others that were opened by their path."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from core.config import get_home, load_settings, make_home, save_settings
from core.errors import LibraryError
from core.library.public.session_folders import make_visit_folder
from core.library.store import Library
from core.library.store.manifest import MANIFEST_NAME

_OTHERS = "other_libraries"


def libraries_folder() -> Path:
    """The folder of libraries created by name."""
    return get_home() / "libraries"


def list_libraries() -> list[Path]:
    """The directories of all known libraries that still exist, sorted by name."""
    own = libraries_folder().glob(f"*/{MANIFEST_NAME}")
    rest = (Path(path) / MANIFEST_NAME for path in load_settings().get(_OTHERS, []))
    return sorted(
        {manifest.parent for manifest in (*own, *rest) if os.path.isfile(manifest)}, key=lambda path: path.name.lower()
    )


def create_library(name: str) -> Library:
    """Creates a library in the home folder. Raises LibraryError for an invalid or a taken name."""
    name = name.strip()
    if not name or name.startswith(".") or re.search(r'[/\\:*?"<>|\x00-\x1f]', name) or len(name.encode()) > 100:
        raise LibraryError(
            "A library's name has 1 to 100 characters, does not begin with a dot and holds none of / \\ : * ? \" < > |."
        )
    make_home()
    path = libraries_folder() / name
    if path.exists():
        raise LibraryError(f"There is a library {name!r} already: choose another name.")
    return Library(path, create=True)


def remember_library(path: Path | str) -> Library:
    """Opens a library outside the home folder and adds it to the list. Raises LibraryError."""
    library = Library(path)
    if library.path.parent != libraries_folder():
        rest = [other for other in load_settings().get(_OTHERS, []) if other != str(library.path)]
        save_settings(**{_OTHERS: [*rest, str(library.path)]})
    return library


def forget_library(path: Path | str) -> None:
    """Removes a library outside the home folder from the list; its files stay."""
    rest = [other for other in load_settings().get(_OTHERS, []) if other != str(path)]
    save_settings(**{_OTHERS: rest})


def temporary_library(name: str) -> tuple[Library, tempfile.TemporaryDirectory[str]]:
    """A library for one visit, deleted when the returned directory object is cleaned up or garbage-collected, at the
    latest when another process starts."""
    folder = make_visit_folder()
    return Library(Path(folder.name) / name, create=True), folder
