"""Converts decoded frames to pictures: upright, with square pixels, in RGB."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from av.sidedata.sidedata import Type
from PIL import Image

_TURN = Image.Transpose

# By the signs of the display matrix (a, b, c, d), which sends (x, y) to (a x + c y, b x + d y) with y downwards:
# degrees clockwise, Pillow's name of the turn, FFmpeg's.
_ORIENTATIONS: dict[tuple[int, ...], tuple[int, Image.Transpose | None, str]] = {
    (1, 0, 0, 1): (0, None, "null"),
    (0, 1, -1, 0): (90, _TURN.ROTATE_270, "transpose=clock"),
    (-1, 0, 0, -1): (180, _TURN.ROTATE_180, "hflip,vflip"),
    (0, -1, 1, 0): (270, _TURN.ROTATE_90, "transpose=cclock"),
    (-1, 0, 0, 1): (0, _TURN.FLIP_LEFT_RIGHT, "hflip"),
    (1, 0, 0, -1): (0, _TURN.FLIP_TOP_BOTTOM, "vflip"),
    (0, 1, 1, 0): (90, _TURN.TRANSPOSE, "transpose=cclock_flip"),
    (0, -1, -1, 0): (90, _TURN.TRANSVERSE, "transpose=clock_flip"),
}


@dataclass(frozen=True, slots=True)
class Display:
    """How frames become pictures. rotation: degrees clockwise; turn, filters: rotation and mirroring for Pillow and
    for FFmpeg; pixel_aspect: width of a pixel over its height."""

    rotation: int
    turn: Image.Transpose | None
    filters: str
    pixel_aspect: float

    def size(self, width: int, height: int) -> tuple[int, int]:
        """(width, height) in pixels as displayed, of a frame of that coded size."""
        wide = max(1, round(width * self.pixel_aspect))
        return (height, wide) if self.rotation in (90, 270) else (wide, height)

    def picture(self, frame: Any, min_side: int | None) -> Image.Image:
        """Shrunk by a whole factor while it is converted, see `open_image`; transparency on white; upright."""
        wide = max(1, round(frame.width * self.pixel_aspect))
        factor = max(1, min(wide, frame.height) // min_side) if min_side else 1
        clear = any(component.is_alpha for component in frame.format.components)
        small = frame.reformat(
            max(1, wide // factor), max(1, frame.height // factor), "rgba" if clear else "rgb24", interpolation="AREA"
        )
        image = small.to_image() if not clear else _blend_on_white(Image.fromarray(small.to_ndarray(), "RGBA"))
        return image.transpose(self.turn) if self.turn is not None else image


def _get_unknown_type(kinds: Any, value: int) -> Any:
    """A member of PyAV's enumeration for side data that it does not know (EXIF, views of spatial video).

    Without one, PyAV 18 cannot read any side data of such a frame.
    """
    kind = object.__new__(kinds)
    kind._name_, kind._value_ = f"UNKNOWN_{value}", value
    return kind


setattr(Type, "_missing_", classmethod(_get_unknown_type))  # noqa: B010


def get_display(stream: Any, frame: Any) -> Display:
    """How the frames of a stream are displayed, from its header and its first frame."""
    aspect = float(stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio or 1)
    if not 0.1 < aspect < 10:  # no real pixels: a broken header
        aspect = 1.0
    return Display(*_ORIENTATIONS.get(_matrix(frame), _ORIENTATIONS[1, 0, 0, 1]), pixel_aspect=aspect)


def _matrix(frame: Any) -> tuple[int, ...]:
    """The signs of the display matrix's four turning numbers (16.16 fixed point, a row's third is no part of it)."""
    data = frame.side_data.get("DISPLAYMATRIX")
    if data is None:
        return 1, 0, 0, 1
    a, b, _, c, d = struct.unpack_from("=5i", bytes(data))
    largest = max(abs(a), abs(b), abs(c), abs(d), 1)
    return tuple(round(value / largest) for value in (a, b, c, d))


def _blend_on_white(image: Image.Image) -> Image.Image:
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white
