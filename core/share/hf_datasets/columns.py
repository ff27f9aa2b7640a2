"""The columns of a data set: which holds pictures, which labels and captions, and what a row says in them."""

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
_LONGEST = 2_000  # letters of a caption, a label


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns hold what; what is None is told by type and name. captions: "" for none. labels: of several, one
    task each."""

    image: str | None = None
    captions: str | None = None
    labels: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Fetch:
    """Where files that rows only name may come from. root: a local folder, or "hf://datasets/owner/name"."""

    root: str
    most_bytes: int

    def read(self, path: str) -> bytes:
        """A file that a row names. Raises DataError for one that lies elsewhere: a table of anybody could name any."""
        if self.root.startswith("hf://"):
            source = path.rpartition("::")[2]
            if source == self.root or source.startswith((f"{self.root}/", f"{self.root}@")):
                from datasets.utils.file_utils import xopen

                with xopen(path, "rb") as file:
                    return bytes(file.read(self.most_bytes + 1))
        else:
            whole = os.path.realpath(os.path.join(self.root, path))
            if "://" not in path and whole.startswith(self.root.rstrip(os.sep) + os.sep):
                with open(whole, "rb") as file:
                    return file.read(self.most_bytes + 1)
        raise DataError("It names a file outside of the data set, which is not opened: put the bytes into the table.")


def choose_columns(rows: Any, target: Columns) -> Columns:
    """All columns of a data set that tell something, those that were named first. rows: an `IterableDataset`.

    Raises DataError where a named column is not there, or where none holds pictures.
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
        captions = _check_known([name for name in features if _is_text(features[name])], _CAPTIONS)
    labels = target.labels
    if labels is None:
        classes = tuple(name for name in features if hasattr(_inner(features[name]), "int2str"))
        named = [name for name in features if _is_simple(_inner(features[name])) and name != captions]
        simple = _check_known(named, _LABELS)
        labels = classes or ((simple,) if simple else ())
    return replace(target, image=image, captions=captions, labels=labels)


def possible_columns(rows: Any) -> tuple[list[str], list[str], list[str]]:
    """The columns of a data set that could hold pictures, captions and labels, by their types."""
    features = rows.features or {}
    kinds = {name: _inner(kind) for name, kind in features.items()}
    labels = [name for name, kind in kinds.items() if hasattr(kind, "int2str") or _is_simple(kind)]
    return (
        [name for name, kind in features.items() if _is_picture(kind)],
        [name for name, kind in features.items() if _is_text(kind)],
        labels,
    )


def disable_decoding(rows: Any, columns: Columns) -> Any:
    """The rows with these columns alone, and pictures as the bytes that they are: decoding is done where it is safe."""
    from datasets import Image

    names = [columns.image, *(columns.labels or ()), *([columns.captions] if columns.captions else [])]
    rows = rows.select_columns(list(dict.fromkeys(names)))
    is_image = type(rows.features[columns.image]).__name__ == "Image"
    return rows.cast_column(columns.image, Image(decode=False)) if is_image else rows


def read_image(value: Any, fetch: Fetch) -> tuple[str, bytes]:
    """A name and the bytes of a picture, as the row has them. Raises DataError with the reason."""
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
        raise DataError("It is no picture of a kind that is read here.")
    return f"{PurePosixPath(path).stem or 'picture'}.{suffix}", value


def read_labels(row: Mapping[str, Any], columns: Columns, features: Mapping[str, Any]) -> dict[str, list[str]]:
    """Task -> labels, by the columns that hold labels; numbers of classes by their names."""
    found = {}
    for name in columns.labels or ():
        value, kind = row.get(name), _inner(features[name])
        texts = [_read_label(entry, kind) for entry in (value if isinstance(value, list) else [value])]
        found[name] = list(dict.fromkeys(filter(None, texts)))
    return {name: texts for name, texts in found.items() if texts}


def _read_label(value: Any, kind: Any) -> str:
    if hasattr(kind, "int2str") and isinstance(value, int):
        value = kind.int2str(value) if 0 <= value < kind.num_classes else None
    if isinstance(value, int) and value < 0:
        value = None  # unknown, by convention
    return " ".join(str(value).split())[:_LONGEST] if isinstance(value, str | int | bool) else ""


def read_captions(row: Mapping[str, Any], columns: Columns) -> list[str]:
    """The captions of a row: one, or a list of them."""
    value = row.get(columns.captions) if columns.captions else None
    texts = value if isinstance(value, list) else [value]
    return [" ".join(text.split())[:_LONGEST] for text in texts if isinstance(text, str) and text.strip()]


def _suffix_of(data: bytes) -> str | None:
    """The ending of a picture's name, by how its bytes begin."""
    for magic, suffix in _MAGIC.items():
        if data.startswith(magic):
            return suffix
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if data[4:8] == b"ftyp":
        return {b"avif": "avif", b"avis": "avif"}.get(data[8:12], "heic")
    return None


def _is_picture(kind: Any) -> bool:
    """An image as `datasets` has it, its bytes in a column, or its bytes and path in a structure."""
    if isinstance(kind, Mapping):
        return "bytes" in kind and getattr(kind["bytes"], "dtype", "") in ("binary", "large_binary")
    return type(kind).__name__ == "Image" or getattr(kind, "dtype", "") in ("binary", "large_binary")


def _inner(kind: Any) -> Any:
    """The type of a value, also where a row has a list of them."""
    return getattr(kind, "feature", kind[0] if isinstance(kind, list) and kind else kind)


def _is_text(kind: Any) -> bool:
    return getattr(_inner(kind), "dtype", "") in ("string", "large_string")


def _is_simple(kind: Any) -> bool:
    return getattr(kind, "dtype", "") in ("string", "large_string", "bool") or str(
        getattr(kind, "dtype", "")
    ).startswith("int")


def _check_known(names: list[str], known: tuple[str, ...]) -> str | None:
    return next((name for target in known for name in names if name.lower() == target), None)


def _by_name(names: list[str], known: tuple[str, ...]) -> str | None:
    return _check_known(names, known) or (names[0] if names else None)
