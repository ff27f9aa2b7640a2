"""Pictures whose files lack their end: what can be decoded of them, and how much that is."""

from __future__ import annotations

import io
import threading
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from core.media.formats import usable_decoders

_MOST = 0.5  # of the rows that must be there
# A color that hardly any picture has, put in before decoding: rows that keep it were not decoded.
_MARKS = {"RGB": (255, 0, 254), "RGBA": (255, 0, 254, 253), "L": 253, "P": 253, "I;16": 65533, "CMYK": (253, 0, 252, 1)}
_EMPTY: dict[str, Any] = {
    "RGB": (128, 128, 128), "RGBA": (0, 0, 0, 0), "L": 128, "P": 0, "I;16": 0, "CMYK": (0, 0, 0, 127),
}  # fmt: skip
_lenient = threading.Lock()  # Pillow has one switch for the process; children that decode have one thread


@dataclass(frozen=True, slots=True)
class PartialImage:
    """A picture of which some rows may be missing. remark: how much could be decoded, in a sentence."""

    image: Image.Image
    remark: str


def open_partial(data: bytes, *, max_pixels: int) -> PartialImage | None:
    """Decodes as many rows as the file holds; None if that is not most of them, or the picture is too large."""
    try:
        image, missing = _decode(data, max_pixels)
    except Exception:  # decoders raise nearly anything on broken data
        return None
    share = 1.0 - float(missing.mean())
    if share < _MOST:
        return None
    if share == 1.0:
        return PartialImage(image, "The end of the file is missing; all rows of the picture could be decoded.")
    what = f"Only {min(99, int(100 * share))} % of the picture could be decoded; the rest is cut off"
    return PartialImage(image, f"{what}: copy the file again from where it came.")


def ends_early(data: bytes) -> bool:
    """Whether the header says that more bytes follow than there are: of TIFF, whose tables are often at the end, and of
    WebP."""
    if data[:4] in (b"II*\0", b"MM\0*") and len(data) >= 8:
        return int.from_bytes(data[4:8], "little" if data.startswith(b"I") else "big") >= len(data)
    return data.startswith(b"RIFF") and data[8:12] == b"WEBP" and 8 + int.from_bytes(data[4:8], "little") > len(data)


def _decode(data: bytes, max_pixels: int) -> tuple[Image.Image, NDArray[np.bool_]]:
    """The picture as it is stored, and which rows of it are missing (height,)."""
    with _lenient, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image = Image.open(io.BytesIO(data), formats=usable_decoders())
        if image.width * image.height > max_pixels:
            raise ValueError("too large")
        mark: Any = _MARKS.get(image.mode)
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        try:
            stored = getattr(image, "_tile_size", image.size)  # of a TIFF that is turned afterwards
            image.im = Image.core.fill(image.mode, stored, mark if mark is not None else 0)
            image.load()
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = False
    rows = np.asarray(image).reshape(image.height, image.width, -1)
    if image.format in ("JPEG", "MPO"):  # its decoder fills the rest with mid-gray
        missing = np.logical_and.accumulate(((rows == 128) | (rows == 127)).all(axis=(1, 2))[::-1])[::-1]
    else:
        missing = (rows == np.array(mark)).all(axis=(1, 2)) if mark is not None else np.zeros(len(rows), bool)
        empty = Image.new(image.mode, (image.width, 1), _EMPTY.get(image.mode, 0))
        for row in np.flatnonzero(missing).tolist():
            image.paste(empty, (0, row))
    return image, np.array(missing)
