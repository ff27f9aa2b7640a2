"""Named files of an encoder in the home folder: trained heads and concepts."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from pathlib import Path

from core.config import get_home
from core.encoders.base import Encoder
from core.encoders.registry import list_earlier_weights
from core.errors import DataError
from core.utils.array_files import SUFFIX
from core.utils.files import write_atomic

_LONGEST = 200  # bytes of a name; file systems allow 255, including the suffix and that of a temporary file


def list_saved(kind: str, encoder: Encoder) -> dict[str, Path]:
    """Saved files of an encoder.

    Parameters
    ----------
    kind : {"heads", "concepts"}
    encoder : Encoder

    Returns
    -------
    dict of str to Path
        Paths by name.
    """
    return _list_folder(kind, encoder.id)


def list_saved_earlier(kind: str, encoder: Encoder) -> dict[str, Path]:
    """Saved files of earlier weights of an encoder that there are none of by these names with its own.

    Parameters
    ----------
    kind : {"heads", "concepts"}
    encoder : Encoder

    Returns
    -------
    dict of str to Path
        Paths by name; none if the encoder's own weights are earlier ones, whose files are in use.
    """
    earlier = list_earlier_weights(encoder.name)
    if encoder.id in earlier:
        return {}
    files: dict[str, Path] = {}
    for encoder_id in reversed(earlier):
        files |= _list_folder(kind, encoder_id)
    made_again = {name.casefold() for name in list_saved(kind, encoder)}
    return {name: path for name, path in files.items() if name.casefold() not in made_again}


def get_saved_path(kind: str, encoder: Encoder, name: str) -> Path:
    """Path of a file by its name, whether or not it exists.

    Parameters
    ----------
    kind : {"heads", "concepts"}
    encoder : Encoder
    name : str

    Returns
    -------
    Path

    Raises
    ------
    DataError
        The name is invalid.
    """
    if not re.fullmatch(r"\w[\w \-.]{0,79}", name):
        raise DataError("A name has 1 to 80 letters, digits, spaces, dots or dashes, no dot or dash first.")
    if len(name.encode()) > _LONGEST:
        raise DataError(f"The name is too long for a file. Use at most {_LONGEST // 3} characters.")
    return _folder(kind, encoder.id) / f"{name}{SUFFIX}"


def write_saved(path: Path, data: bytes) -> Path:
    """Writes such a file. Raises DataError where the home is full or cannot be written."""
    try:
        write_atomic(path, data)
    except OSError as error:
        why = error.strerror or error
        raise DataError(
            f"{path.stem} cannot be saved in {get_home()} ({why}): make room, or make it writable."
        ) from error
    return path


def remove_saved(path: Path) -> None:
    """Removes such a file, if it exists. Raises DataError where the home cannot be written."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise DataError(f"{path.stem} cannot be removed from {get_home()} ({error.strerror or error}).") from error


def find_free_name(kind: str, encoder: Encoder, target: str) -> str:
    """A valid, unused name similar to a given one: "classes (1)" becomes "classes 1".

    Parameters
    ----------
    kind : {"heads", "concepts"}
    encoder : Encoder
    target : str

    Returns
    -------
    str
    """
    name = re.sub(r"[^\w\-.]+", " ", target).strip(" .-") or "unnamed"
    name = name.encode()[: _LONGEST // 3].decode(errors="ignore").strip(" .-")  # leaves room for a number
    return add_free_number(name, list_saved(kind, encoder))


def add_free_number(name: str, used: Iterable[str]) -> str:
    """The name itself, or with the first number from 2 that makes it none of `used`, in capitals or not."""
    taken = {other.casefold() for other in used}
    candidates = itertools.chain([name], (f"{name} {number}" for number in itertools.count(2)))
    return next(candidate for candidate in candidates if candidate.casefold() not in taken)


def _list_folder(kind: str, encoder_id: str) -> dict[str, Path]:
    return {path.stem: path for path in sorted(_folder(kind, encoder_id).glob(f"*{SUFFIX}"))}


def _folder(kind: str, encoder_id: str) -> Path:
    return get_home() / kind / re.sub(r"[^\w.-]+", "_", encoder_id)
