"""The columns of a data set: which hold pictures, labels and captions, and how their cells are read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from core.errors import DataError

_PICTURES = ("image", "img", "picture", "photo", "jpg", "png", "webp", "jpeg")
_CAPTIONS = ("caption", "captions", "text", "sentence", "sentences", "description", "alt_text", "txt", "title")
_LABELS = ("label", "labels", "class", "category", "cls")
_MAGIC = {
    b"\xff\xd8\xff": "jpg", b"\x89PNG": "png", b"GIF8": "gif", b"BM": "bmp", b"II*\0": "tiff", b"MM\0*": "tiff",
}  # fmt: skip
_LONGEST = 2_000  # characters of a caption or a label


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of a data set; those that are None are chosen by type and name.

    Attributes
    ----------
    image : str, optional
    captions : str, optional
        "" for none.
    labels : tuple of str, optional
        Each column is a task of its own.
    """

    image: str | None = None
    captions: str | None = None
    labels: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Fetch:
    """Reads files that rows name. root: a local folder, or "hf://datasets/owner/name". most_bytes: limit of a file."""

    root: str
    most_bytes: int

    def read(self, path: str) -> bytes:
        """Reads a file that a row names. Raises DataError if it is outside `root`, since a table can name any file."""
        if self.root.startswith("hf://"):
            source = path.rpartition("::")[2]
            if source == self.root or source.startswith((f"{self.root}/", f"{self.root}@")):
                from datasets.utils.file_utils import xopen

                with xopen(path, "rb") as file:
                    return bytes(file.read(self.most_bytes + 1))
        else:
            real_path = os.path.realpath(os.path.join(self.root, path))
            if "://" not in path and real_path.startswith(self.root.rstrip(os.sep) + os.sep):
                with open(real_path, "rb") as file:
                    return file.read(self.most_bytes + 1)
        raise DataError("It names a file outside the data set, which is not opened: put the bytes into the table.")


def choose_columns(rows: Any, target: Columns) -> Columns:
    """Chooses the columns with pictures, captions and labels.

    Parameters
    ----------
    rows : datasets.IterableDataset
    target : Columns
        Given columns; others are chosen by type and name.

    Returns
    -------
    Columns

    Raises
    ------
    DataError
        A given column does not exist, or none holds pictures.
    """
    features = rows.features or {}
    for name in (target.image, target.captions, *(target.labels or ())):
        if name and name not in features:
            raise DataError(f"The data set has no column {name!r}: it has {', '.join(features)}.")
    image = target.image or _by_name([name for name in features if _is_picture(features[name])], _PICTURES)
    if image is None:
        raise DataError(f"No column of the data set holds pictures; it has {', '.join(features) or 'none'}.")
    captions = target.captions
    if captions is None:
        captions = _find_known([name for name in features if _is_text(features[name])], _CAPTIONS)
    labels = target.labels
    if labels is None:
        classes = tuple(name for name in features if hasattr(_inner(features[name]), "int2str"))
        named = [name for name in features if _is_simple(_inner(features[name])) and name != captions]
        simple = _find_known(named, _LABELS)
        labels = classes or ((simple,) if simple else ())
    return replace(target, image=image, captions=captions, labels=labels)


def possible_columns(rows: Any) -> tuple[list[str], list[str], list[str]]:
    """Columns that could hold pictures, captions and labels, by their types.

    Parameters
    ----------
    rows : datasets.IterableDataset

    Returns
    -------
    images, captions, labels : list of str
    """
    features = rows.features or {}
    kinds = {name: _inner(kind) for name, kind in features.items()}
    labels = [name for name, kind in kinds.items() if hasattr(kind, "int2str") or _is_simple(kind)]
    return (
        [name for name, kind in features.items() if _is_picture(kind)],
        [name for name, kind in features.items() if _is_text(kind)],
        labels,
    )


def disable_decoding(rows: Any, columns: Columns) -> Any:
    """The rows with only these columns, and pictures as bytes, since they are decoded elsewhere, in isolation."""
    from datasets import Image

    names = [columns.image, *(columns.labels or ()), *([columns.captions] if columns.captions else [])]
    rows = rows.select_columns(list(dict.fromkeys(names)))
    is_image = type(rows.features[columns.image]).__name__ == "Image"
    return rows.cast_column(columns.image, Image(decode=False)) if is_image else rows


def read_image(value: Any, fetch: Fetch) -> tuple[str, bytes]:
    """Name and bytes of a picture in a row. Raises DataError with the reason."""
    path = ""
    if isinstance(value, Mapping):
        path, value = value.get("path") or "", value.get("bytes")
    if value is None and path:
        try:
            value = fetch.read(path)
        except (OSError, ValueError) as error:
            raise DataError(f"Its file cannot be read ({error}).") from error
    if not isinstance(value, bytes) or not value:
        raise DataError("It has no picture.")
    if len(value) > fetch.most_bytes:
        raise DataError(f"It has more than {fetch.most_bytes // 10**6} MB.")
    suffix = _suffix_of(value)
    if suffix is None:
        raise DataError("It is not a picture of a supported format.")
    return f"{PurePosixPath(path).stem or 'picture'}.{suffix}", value


def read_labels(row: Mapping[str, Any], columns: Columns, features: Mapping[str, Any]) -> dict[str, list[str]]:
    """Labels by task (column); class numbers are replaced by names."""
    labels = {}
    for name in columns.labels or ():
        value, kind = row.get(name), _inner(features[name])
        texts = [_read_label(label, kind) for label in (value if isinstance(value, list) else [value])]
        labels[name] = list(dict.fromkeys(filter(None, texts)))
    return {name: texts for name, texts in labels.items() if texts}


def _read_label(value: Any, kind: Any) -> str:
    if hasattr(kind, "int2str") and isinstance(value, int):
        value = kind.int2str(value) if 0 <= value < kind.num_classes else None
    if isinstance(value, int) and value < 0:
        value = None  # unknown, by convention
    return " ".join(str(value).split())[:_LONGEST] if isinstance(value, str | int | bool) else ""


def read_captions(row: Mapping[str, Any], columns: Columns) -> list[str]:
    """Captions of a row, whose cell holds one or a list of them."""
    value = row.get(columns.captions) if columns.captions else None
    texts = value if isinstance(value, list) else [value]
    return [" ".join(text.split())[:_LONGEST] for text in texts if isinstance(text, str) and text.strip()]


def _suffix_of(data: bytes) -> str | None:
    """File suffix of a picture by its first bytes; None if unknown."""
    for magic, suffix in _MAGIC.items():
        if data.startswith(magic):
            return suffix
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if data[4:8] == b"ftyp":
        return {b"avif": "avif", b"avis": "avif"}.get(data[8:12], "heic")
    return None


def _is_picture(kind: Any) -> bool:
    """Whether a column holds images of `datasets`, bytes, or structures of bytes and path."""
    if isinstance(kind, Mapping):
        return "bytes" in kind and getattr(kind["bytes"], "dtype", "") in ("binary", "large_binary")
    return type(kind).__name__ == "Image" or getattr(kind, "dtype", "") in ("binary", "large_binary")


def _inner(kind: Any) -> Any:
    """The type of a value, also where a row has a list of them."""
    return getattr(kind, "feature", kind[0] if isinstance(kind, list) and kind else kind)


def _is_text(kind: Any) -> bool:
    return getattr(_inner(kind), "dtype", "") in ("string", "large_string")


def _is_simple(kind: Any) -> bool:
    dtype = str(getattr(kind, "dtype", ""))
    return dtype in ("string", "large_string", "bool") or dtype.startswith("int")


def _find_known(names: list[str], known: tuple[str, ...]) -> str | None:
    return next((name for target in known for name in names if name.lower() == target), None)


def _by_name(names: list[str], known: tuple[str, ...]) -> str | None:
    return _find_known(names, known) or (names[0] if names else None)
