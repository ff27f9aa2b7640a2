"""Where Pillow's reading of a picture has to be put right: pages, crops, palettes, keyed transparency, deep values."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from PIL import Image, ImagePalette

_PAGES = 8  # that are looked at for the largest
_LARGER = 4  # times as many pixels: the first is then a thumbnail of the other
_SAME_SHAPE = 1.06
_FEW_BITS = 64  # levels of 256: 16-bit values that stay below use 14 bits or fewer
_HEAD = 65_536  # bytes, within which a crop box of an AVIF is
_SUBFILE, _BITS, _PALETTE, _PLANES = 254, 258, 320, 284  # tags of TIFF


def choose_page(image: Image.Image) -> None:
    """Turns a TIFF whose first page is a thumbnail to the page that it is of."""
    if image.format != "TIFF" or not getattr(image, "is_animated", False):
        return
    tags: Any = image
    sizes, is_reduced = [image.size], bool(tags.tag_v2.get(_SUBFILE, 0) & 1)
    try:
        for page in range(1, _PAGES):
            image.seek(page)
            sizes.append(image.size)
    except Exception:  # the last page, or a broken one
        pass
    areas = [width * height for width, height in sizes]
    best = max(range(len(sizes)), key=areas.__getitem__)
    ratios = sorted(sizes[page][0] / max(1, sizes[page][1]) for page in (0, best))
    is_thumbnail = is_reduced or ratios[1] <= _SAME_SHAPE * ratios[0]
    image.seek(best if areas[best] >= _LARGER * areas[0] and is_thumbnail else 0)


def take_xmp(image: Image.Image) -> bytes | str | None:
    """The XMP of a picture, taken out of it: an orientation in there must not turn it (no other program does)."""
    xmp: bytes | str | None = image.info.pop("xmp", None)
    text = image.info.pop("XML:com.adobe.xmp", None)
    return xmp or text


def find_crop(image: Image.Image, data: bytes) -> tuple[int, int, int, int] | None:
    """The clean aperture of an AVIF: (left, top, width, height) in pixels as stored."""
    if image.format != "AVIF" or data[:_HEAD].count(b"clap") != 1:
        return None
    at = data.index(b"clap") + 4
    if at + 32 > len(data):
        return None
    numbers = struct.unpack_from(">II II iI iI", data, at)
    if not all(numbers[1::2]):
        return None
    width, height, x, y = (top / bottom for top, bottom in zip(numbers[::2], numbers[1::2], strict=True))
    left, top = round((image.width - width) / 2 + x), round((image.height - height) / 2 + y)
    fits = left >= 0 and top >= 0 and left + width <= image.width and top + height <= image.height
    return (left, top, round(width), round(height)) if fits and width >= 1 and height >= 1 else None


def is_misread(image: Image.Image) -> bool:
    """Whether Pillow decodes it wrongly without a word: 16 bits a channel, each channel in a plane of its own."""
    tags: Any = getattr(image, "tag_v2", {})
    return tags.get(_PLANES, 1) == 2 and 16 in tags.get(_BITS, ()) and len(image.getbands()) > 1


def fix_palette(image: Image.Image) -> None:
    """A palette of a TIFF whose values have 8 bits, where 16 are the rule."""
    values = getattr(image, "tag_v2", {}).get(_PALETTE) if image.mode in ("P", "PA") else None
    if values and max(values) < 256:
        image.palette = ImagePalette.raw("RGB;L", bytes(values))


def fix_key(image: Image.Image, data: bytes) -> None:
    """The color that stands for transparency in a PNG, as Pillow scales the others: from 1, 2, 4 or 16 bits to 8."""
    key = image.info.get("transparency")
    if image.format != "PNG" or key is None or isinstance(key, bytes):
        return
    bits = data[24]
    if image.mode == "RGB" and bits == 16:
        image.info["transparency"] = tuple(value >> 8 for value in key)
    elif image.mode in ("1", "L") and bits < 8:
        image.info["transparency"] = key * 255 // ((1 << bits) - 1)


def lost_depth(image: Image.Image, data: bytes) -> bool:
    """Whether 16-bit colors use so few bits that their upper 8, which Pillow keeps, show little or nothing."""
    if image.format not in ("PNG", "TIFF") or image.mode not in ("RGB", "RGBA"):
        return False
    tags: Any = getattr(image, "tag_v2", {})
    is_deep = data[24] == 16 if image.format == "PNG" else 16 in tags.get(_BITS, ())
    return is_deep and int(np.asarray(image.convert("RGB")).max(initial=0)) < _FEW_BITS
