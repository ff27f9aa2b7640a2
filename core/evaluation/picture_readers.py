"""Pictures as Pillow, OpenCV and FFmpeg read them by themselves, to compare with. Called in child processes.

None of what Semblance does beyond these readers happens here: no profiles, no mending, no choice of pages.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps

from core.errors import SemblanceError
from core.media.formats import unpack_tables, usable_decoders
from core.media.kinds import is_image_path, is_video_path

SIDE = 64  # pixels of what is compared
_STARTS_PROGRAMS = "EPS"
_OPTIONS = {"protocol_whitelist": "pipe", "max_pixels": str(2**28)}  # a playlist opens nothing else


def read_with(reader: str, tables: dict[str, Any] | None, path: str) -> dict[str, Any] | None:
    """What one of `READERS` makes of a file.

    Parameters
    ----------
    reader : str
        A name of `READERS`.
    tables : dict, optional
        Of `core.media.formats.pack_tables`, for plugins.
    path : str

    Returns
    -------
    dict or None
        `size`: (width, height) as displayed; `pixels`: uint8 (64, 64, 3), RGB, transparency on white; `has_profile`:
        whether the reader saw a color profile. None if it refuses the file.
    """
    unpack_tables(tables)
    with _without_warnings():
        try:
            return READERS[reader](path)
        except SemblanceError:
            return None
        except Exception:  # readers raise nearly anything on broken data
            return None


def shrink(image: Image.Image) -> NDArray[np.uint8]:
    """A picture as uint8 (64, 64, 3): each pixel is the mean of a part."""
    return np.asarray(_on_white(image).resize((SIDE, SIDE), Image.Resampling.BOX))


def _read_with_pillow(path: str) -> dict[str, Any]:
    usable_decoders()  # loads the plugins
    Image.init()
    with Image.open(path, formats=[name for name in Image.OPEN if name != _STARTS_PROGRAMS]) as image:
        has_profile = bool(image.info.get("icc_profile"))
        upright = ImageOps.exif_transpose(image)
    return _describe(_to_eight_bits(upright), has_profile)


def _read_with_opencv(path: str) -> dict[str, Any] | None:
    os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = "protocol_whitelist;file"
    import cv2

    data = np.fromfile(path, np.uint8)
    values = cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None
    if values is None and is_video_path(path) and not is_image_path(path):  # by FFmpeg, which counts once for a GIF
        values = _read_first_frame(cv2.VideoCapture(path, cv2.CAP_FFMPEG))
    elif values is not None:
        raw = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)  # not turned
        if raw is not None and raw.shape == (*values.shape[:2], 4) and raw.dtype == np.uint8:
            return _describe(Image.fromarray(cv2.cvtColor(raw, cv2.COLOR_BGRA2RGBA)))
    return None if values is None else _describe(Image.fromarray(cv2.cvtColor(values, cv2.COLOR_BGR2RGB)))


def _read_first_frame(capture: Any) -> Any:
    try:
        is_read, values = capture.read()
    finally:
        capture.release()
    return values if is_read else None


def _read_with_ffmpeg(path: str) -> dict[str, Any] | None:
    import av

    from core.media.video_files.container import video_stream
    from core.media.video_files.orientation import get_display

    with Path(path).open("rb") as file, av.open(file, "r", options=_OPTIONS, metadata_errors="replace") as container:
        stream = video_stream(container)
        if len(container.streams.video) > 1 and not is_video_path(path):
            return None  # it takes tiles, thumbnails and transparency for pictures of their own
        frame = next(container.decode(stream))
        if not container.format.name.endswith("_pipe") and container.format.name != "gif":  # not a mere picture
            return _describe(get_display(stream, frame).picture(frame, None))
        image = Image.fromarray(frame.to_ndarray(format="rgba"), "RGBA")
    return _describe(_turn(image, path))


def _turn(image: Image.Image, path: str) -> Image.Image:
    """By the file's EXIF, which FFmpeg leaves to players."""
    with contextlib.suppress(Exception), Image.open(path, formats=usable_decoders()) as header:
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = header.getexif().get(ExifTags.Base.Orientation, 1)
        image.info["exif"] = exif.tobytes()
        return ImageOps.exif_transpose(image)
    return image


def _describe(image: Image.Image, has_profile: bool = False) -> dict[str, Any]:
    return {"size": image.size, "pixels": shrink(image), "has_profile": has_profile}


def _to_eight_bits(image: Image.Image) -> Image.Image:
    """Pillow would cut deep pictures off at 255."""
    if not image.mode.startswith(("I", "F")):
        return image
    values = np.asarray(image, np.float64)
    return Image.fromarray((values / (257 if values.max() > 255 else 1)).clip(0, 255).astype(np.uint8))


def _on_white(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    clear = image.convert("RGBA")
    white = Image.new("RGB", image.size, "white")
    white.paste(clear, mask=clear.getchannel("A"))
    return white


@contextlib.contextmanager
def _without_warnings() -> Iterator[None]:
    """Decoders in C write of each broken file to standard error."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


READERS = {"Pillow": _read_with_pillow, "OpenCV": _read_with_opencv, "FFmpeg": _read_with_ffmpeg}
