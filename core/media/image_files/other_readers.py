"""Pictures that Pillow does not read, or reads wrongly, by OpenCV and FFmpeg."""

from __future__ import annotations

import io
import os
import re
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.media.image_files.pixels import scale_to_eight_bits

# By how files begin: what is none of these is left to the formats' own decoders.
_OPENCV = re.compile(rb"\x89PNG|\xff\xd8\xff|BM|II[*+]\0|MM\0[*+]|RIFF....WEBP|....ftypavi[fs]|GIF8", re.DOTALL)
_FFMPEG = re.compile(rb"....ftyp(avif|avis|mif1|miaf)", re.DOTALL)
_HEAD = 4096  # bytes, within which an AVIF says what it is made of
_DEMUXER = "mov,mp4,m4a,3gp,3g2,mj2"


def read_with_others(data: bytes, *, max_pixels: int) -> Image.Image | None:
    """A picture, upright, in any mode; None if neither reads it."""
    if (image := _read_bit_fields(data, max_pixels)) is not None:
        return image
    for pattern, read in ((_FFMPEG, _read_with_ffmpeg), (_OPENCV, _read_with_opencv)):
        if pattern.match(data) and (image := read(data, max_pixels)) is not None:
            return image
    return None


def read_deep(data: bytes, *, max_pixels: int) -> Image.Image | None:
    """A picture of more than 8 bits a channel, which Pillow cuts to their upper 8; transparency is dropped."""
    values = _decode(data, max_pixels, "IMREAD_ANYDEPTH", "IMREAD_ANYCOLOR")
    return None if values is None or values.dtype == np.uint8 else _to_image(values)


def _read_with_opencv(data: bytes, max_pixels: int) -> Image.Image | None:
    values = _decode(data, max_pixels, "IMREAD_COLOR")
    if values is None or not np.ptp(values):  # an empty picture is what it makes of some deep ones
        deep = _decode(data, max_pixels, "IMREAD_ANYDEPTH", "IMREAD_ANYCOLOR")
        values = values if deep is None else deep
    return None if values is None else _to_image(values)


def _read_bit_fields(data: bytes, max_pixels: int) -> Image.Image | None:
    """A BMP whose colors have any bits, by its masks: OpenCV takes the lowest 8 of each."""
    if not data.startswith(b"BM") or len(data) < 66:
        return None
    offset, _, width, height, _, bits, compression = struct.unpack_from("<10xIIiiHHI", data)
    masks = struct.unpack_from("<III", data, 54)
    lines, line = abs(height), (width * bits + 31) // 32 * 4
    is_whole = 0 < width * lines <= max_pixels and offset + lines * line <= len(data)
    if compression != 3 or bits not in (16, 32) or not all(masks) or not is_whole:
        return None
    stored = np.frombuffer(data, np.uint8, lines * line, offset).reshape(lines, line)
    values = stored.view(f"<u{bits // 8}")[:: 1 if height < 0 else -1, :width].astype(np.uint32)
    shifts = [(mask & -mask).bit_length() - 1 for mask in masks]
    bands = [((values & mask) >> shift) * 255.0 / (mask >> shift) for mask, shift in zip(masks, shifts, strict=True)]
    return Image.fromarray(np.rint(np.stack(bands, axis=-1)).astype(np.uint8))


def _decode(data: bytes, max_pixels: int, *flags: str) -> NDArray[Any] | None:
    os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(max_pixels))
    import cv2  # takes a while to load, and few pictures need it

    # it writes to standard error otherwise
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        return cv2.imdecode(np.frombuffer(data, np.uint8), sum(getattr(cv2, flag) for flag in flags))
    except (cv2.error, MemoryError):
        return None


def _to_image(values: NDArray[Any]) -> Image.Image:
    pixels = values if values.dtype == np.uint8 else scale_to_eight_bits(values)
    return Image.fromarray(np.ascontiguousarray(pixels[..., ::-1]) if pixels.ndim == 3 else pixels)


def _read_with_ffmpeg(data: bytes, max_pixels: int) -> Image.Image | None:
    """An AVIF as FFmpeg reads it: with the transparency that is a picture beside the picture. Not one made of tiles."""
    if b"av01" not in data[:_HEAD] or b"grid" in data[:_HEAD]:
        return None
    import av

    try:
        with _open(data) as container:
            color, *rest = container.streams.video
            if color.codec_context.width * color.codec_context.height > max_pixels:
                return None
            numbers = [stream.index for stream in rest]
            image = next(container.decode(color)).to_image()
        for number in numbers:
            alpha = _read_gray(data, number)
            if alpha is not None and alpha.size == image.size:
                image.putalpha(alpha)
                break
    except (av.FFmpegError, StopIteration, ValueError, MemoryError):
        return None
    return image


def _open(data: bytes) -> Any:
    import av

    return av.open(io.BytesIO(data), format=_DEMUXER, metadata_errors="replace")


def _read_gray(data: bytes, number: int) -> Image.Image | None:
    """A picture beside the main one if it is gray, as one of transparency is."""
    with _open(data) as container:
        frame = next(container.decode(container.streams[number]), None)
        gray = frame is not None and str(frame.format.name).startswith("gray")
        return frame.to_image().convert("L") if frame is not None and gray else None
