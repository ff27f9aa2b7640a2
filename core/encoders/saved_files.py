"""Files that the home folder stores for an encoder: heads and concepts, by name."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

from core.config import get_home
from core.encoders.base import Encoder
from core.errors import DataError
from core.utils.array_files import SUFFIX

_LONGEST = 200  # bytes of a name: file systems take 255, of which the suffix and a temporary name need some


def list_saved(kind: str, encoder: Encoder) -> dict[str, Path]:
    """The files of a kind ("heads", "concepts") that the home folder keeps for an encoder, by name."""
    return {path.stem: path for path in sorted(_folder(kind, encoder).glob(f"*{SUFFIX}"))}


def get_saved_path(kind: str, encoder: Encoder, name: str) -> Path:
    """Where the file of a name is kept, or would be. Raises DataError for a name that is none."""
    if not re.fullmatch(r"\w[\w \-.]{0,79}", name):
        raise DataError("A name has 1 to 80 letters, digits, spaces, dots or dashes, no dot or dash first.")
    if len(name.encode()) > _LONGEST:
        raise DataError(f"The name is too long for a file in these letters: {_LONGEST // 3} of them fit.")
    return _folder(kind, encoder) / f"{name}{SUFFIX}"


def find_free_name(kind: str, encoder: Encoder, target: str) -> str:
    """A name that can be kept and is not yet, near the wanted one: "classes (1)" becomes "classes 1"."""
    name = re.sub(r"[^\w\-.]+", " ", target).strip(" .-") or "unnamed"
    name = name.encode()[: _LONGEST // 3].decode(errors="ignore").strip(" .-")  # short enough for a number too
    known = {entry.casefold() for entry in list_saved(kind, encoder)}
    tries = itertools.chain([name], (f"{name} {number}" for number in itertools.count(2)))
    return next(entry for entry in tries if entry.casefold() not in known)


def _folder(kind: str, encoder: Encoder) -> Path:
    return get_home() / kind / re.sub(r"[^\w.-]+", "_", encoder.id)
