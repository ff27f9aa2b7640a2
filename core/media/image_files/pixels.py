"""From a decoded picture of any mode to RGB in 8 bits: color profiles, deep integers and floats, transparency."""

from __future__ import annotations

import functools
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageStat

_DEPTHS = (1, 2, 4, 8, 10, 12, 14, 16)  # bits that cameras, scopes and scanners store in 16
_NO_VALUE = 1e30  # beyond it, floats mark places without a value
_OUTLIERS = (0.5, 99.5)  # percentiles, between which the values of a picture are
_SAMPLED = 1_000_000  # values that percentiles are taken of
_SAME_COLOR = 2  # levels of 255: a profile that changes no color by more is sRGB
_BLANK = 12.0  # gray levels of contrast, below which a picture shows nothing
_LARGEST_PROFILE = 16_000_000  # bytes


def to_rgb(image: Image.Image, min_side: int | None = None) -> Image.Image:
    """A picture in RGB: sRGB colors, 8 bits, transparency on white (on black, where white would show nothing).

    min_side: pixels; as in `open_image`.
    """
    profile = image.info.get("icc_profile")
    image = _shrink(_with_alpha(image), min_side)
    if image.mode in ("La", "RGBa"):
        image = image.convert(image.mode.upper())
    return _blend(_to_srgb(image, profile))


def scale_to_eight_bits(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Deep values of any shape as 8 bits. 16-bit integers by the bits that they use; 32-bit and float ones, which have
    no fixed range, by their own without outliers."""
    if values.dtype == np.uint16:
        highest = int(values.max(initial=0))
        bits = next(bits for bits in _DEPTHS if highest < 1 << bits)
        if bits >= 8:
            return (values >> (bits - 8)).astype(np.uint8)
        return (values * (255 // ((1 << bits) - 1))).astype(np.uint8)
    values = values.astype(np.float32)
    has_value = np.isfinite(values) & (np.abs(values) < _NO_VALUE)
    low, high = _find_range(values[has_value])
    scaled = (np.where(has_value, values, low).clip(low, high) - low) * (255.0 / max(high - low, 1e-9))
    return scaled.astype(np.uint8)


def _find_range(values: NDArray[np.float32]) -> tuple[float, float]:
    """The least and largest value that are no outliers, such as a hot pixel."""
    if not values.size:
        return 0.0, 0.0
    low, high = float(values.min()), float(values.max())
    inner_low, inner_high = map(float, np.percentile(values[:: max(1, values.size // _SAMPLED)], _OUTLIERS))
    span = inner_high - inner_low
    if span <= 0:  # one plain value, and a few others, which are the picture
        return low, high
    return (inner_low if inner_low - low > span else low), (inner_high if high - inner_high > span else high)


def _shrink(image: Image.Image, min_side: int | None) -> Image.Image:
    """By a whole factor, as early as possible; palettes and deep values first need a mode that can be averaged."""
    factor = min(image.size) // min_side if min_side else 1
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        image = Image.fromarray(scale_to_eight_bits(np.asarray(image)))
    elif image.mode in ("1", "P", "PA"):
        image = image.convert("RGBA" if image.mode == "PA" else "RGB")
    return image.reduce(factor) if factor > 1 else image


def _with_alpha(image: Image.Image) -> Image.Image:
    """A color that stands for transparency, in a palette or not, becomes an alpha channel: before colors are averaged
    or scaled."""
    key = image.info.get("transparency")
    if key is None:
        return image
    if image.mode.startswith("I;16"):
        values = np.asarray(image)
        gray = Image.fromarray(scale_to_eight_bits(values))
        return Image.merge("LA", (gray, Image.fromarray(np.where(values == key, 0, 255).astype(np.uint8))))
    if image.mode in ("1", "L", "RGB"):
        pixels = np.asarray(image.convert("RGB" if image.mode == "RGB" else "L"))
        alpha = np.where((pixels == key).reshape(*pixels.shape[:2], -1).all(axis=2), 0, 255).astype(np.uint8)
        image = image.convert("RGB")
        image.putalpha(Image.fromarray(alpha))
        return image
    return image.convert("RGBA") if image.mode == "P" else image


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Colors by the picture's profile. A profile that is broken, or of other colors than the picture's, is ignored."""
    alpha = image.getchannel("A") if image.mode in ("RGBA", "LA") else None
    if image.mode in ("RGBA", "LA"):
        image = image.convert("RGB" if image.mode == "RGBA" else "L")
    transform = _make_transform(profile, image.mode) if profile or image.mode == "LAB" else None
    if transform is not None:
        converted = ImageCms.applyTransform(image, transform)
        image = image if converted is None else converted
    image = image.convert("RGB")
    if alpha is not None:
        image.putalpha(alpha)
    return image


@functools.lru_cache(maxsize=8)  # photos of one camera share a profile
def _make_transform(profile: bytes | None, mode: str) -> ImageCms.ImageCmsTransform | None:
    """None where colors stay as they are."""
    if profile is not None and len(profile) > _LARGEST_PROFILE:
        return None
    try:
        source: Any = ImageCms.createProfile("LAB") if mode == "LAB" else io.BytesIO(profile or b"")
        flags = ImageCms.Flags.NOCACHE  # for equal neighbors: costs more than it saves in photos
        transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB", flags=flags)
    except Exception:  # a broken profile says nothing about the pixels
        return None
    if mode != "RGB":
        return transform
    levels = np.array([0, 64, 128, 192, 255], np.uint8)
    cube = Image.fromarray(np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(25, 5, 3))
    changed = np.asarray(ImageCms.applyTransform(cube, transform), np.int16) - np.asarray(cube, np.int16)
    return transform if np.abs(changed).max() > _SAME_COLOR else None


def _blend(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    alpha = image.getchannel("A")
    on_white = _paste_on("white", image, alpha)
    if alpha.getextrema() == (255, 255) or _get_contrast(on_white) >= _BLANK:
        return on_white
    on_black = _paste_on("black", image, alpha)
    return max(on_white, on_black, key=_get_contrast)


def _paste_on(background: str, image: Image.Image, alpha: Image.Image) -> Image.Image:
    blended = Image.new("RGB", image.size, background)
    blended.paste(image, mask=alpha)
    return blended


def _get_contrast(image: Image.Image) -> float:
    return float(ImageStat.Stat(image.convert("L")).stddev[0])
