"""Library manifest (`library.json`): identifies a library directory and its format version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from core.errors import LibraryError
from core.library.schema import FORMAT_VERSION
from core.utils.files import write_atomic

MANIFEST_NAME = "library.json"


def make_library(path: Path) -> None:
    """Creates a library in a new or empty directory; the manifest is written atomically. Raises LibraryError."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        if any(not entry.name.startswith(".") for entry in path.iterdir()):
            raise LibraryError(f"{path} holds other files: give a library a new or an empty folder of its own.")
        write_manifest(path, {"format": FORMAT_VERSION, "created": datetime.now().isoformat(timespec="seconds")})
    except OSError as error:
        raise LibraryError(f"No library can be made at {path} ({error.strerror}): choose another place.") from error


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest: {"format", "created"}. Raises LibraryError if there is none, or one of a newer version."""
    try:
        if (path / MANIFEST_NAME).exists() and not (path / MANIFEST_NAME).is_file():  # a pipe would be waited for
            raise ValueError("no file")
        about = json.loads((path / MANIFEST_NAME).read_text())
        version = int(about["format"])
    except PermissionError as error:
        raise LibraryError(f"No permission to read {path}: change its permissions.") from error
    except OSError:
        raise LibraryError(
            f"There is no library at {path}: index pictures or videos to create it, or check the path."
        ) from None
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise LibraryError(
            f"{path / MANIFEST_NAME} is damaged: restore it from a copy, or index into a new folder."
        ) from error
    if version > FORMAT_VERSION:
        raise LibraryError(f"{path} was written by a newer version of Semblance: update Semblance to open it.")
    return about


def write_manifest(path: Path, about: Mapping[str, Any]) -> None:
    """Writes the manifest atomically. Raises OSError."""
    write_atomic(path / MANIFEST_NAME, json.dumps(about).encode())
