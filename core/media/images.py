"""Pictures from files or bytes: decoded upright, in RGB, within limits, with a reason if that fails."""

from __future__ import annotations

import io
import stat
import threading
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from core.errors import MediaError
from core.media.formats import find_missing_plugin, usable_decoders

usable_decoders()  # Pillow writes the formats of its plugins as well, for all who import this module

MAX_PIXELS = 178_000_000  # larger pictures are decompression bombs more often than photos
_LARGE_PIXELS = 40_000_000
_large = threading.Lock()
MAX_BYTES = 1_000_000_000
_CHUNK = 1 << 23


def read_bytes(path: Path) -> bytes:
    """The whole content of a picture's file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    bytes

    Raises
    ------
    MediaError
        The file is empty, too large, missing or not readable.
    """
    return b"".join(read_chunks(path, limit=MAX_BYTES))


def read_chunks(path: Path, *, limit: int | None = None) -> Iterator[bytes]:
    """The content of a file of any kind, chunk by chunk.

    Parameters
    ----------
    path : Path
    limit : int, optional
        Bytes; a larger file raises.

    Yields
    ------
    bytes
        Up to 8 MiB.

    Raises
    ------
    MediaError
        As `read_bytes`.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe would be waited for, and a device never ends
            raise MediaError("It is no file of pictures or videos, but a folder, a pipe or a device.")
        if limit is not None and status.st_size > limit:
            raise MediaError(f"The file is larger than {limit // 1_000_000} MB: export a smaller copy.")
        with path.open("rb") as file:
            if not (chunk := file.read(_CHUNK)):
                raise MediaError("The file is empty (0 bytes).")
            while chunk:
                yield chunk
                chunk = file.read(_CHUNK)
    except MemoryError:
        raise MediaError("Not enough memory to read the file.") from None
    except ValueError as error:  # a NUL in the name
        raise MediaError(f"The name cannot be that of a file ({error}).") from None
    except FileNotFoundError:
        raise MediaError("The file is not there any more.") from None
    except PermissionError:
        raise MediaError("No permission to read the file: change its permissions and index again.") from None
    except OSError as error:
        raise MediaError(f"The file cannot be read: {error.strerror or error}.") from error


def is_animated(data: bytes) -> bool:
    """Whether a GIF has more than one frame. False for other formats, unless they are containers of videos too."""
    try:
        with Image.open(io.BytesIO(data), formats=usable_decoders(animated=True)) as image:
            return bool(getattr(image, "is_animated", False))
    except Exception:  # decoders raise nearly anything on broken data
        return False


def is_large(size: tuple[int, int]) -> bool:
    """Whether a picture of (width, height) takes so much memory that only one should be decoded at a time."""
    return size[0] * size[1] > _LARGE_PIXELS


def open_image(source: Path | str | bytes, *, min_side: int | None = None) -> Image.Image:
    """Decodes a picture: first frame, EXIF orientation applied, RGB, transparency on white, 16 bits scaled to 8.

    Parameters
    ----------
    source : path or bytes
        A file, or its content.
    min_side : int, optional
        Pixels. The picture may come back smaller by a whole factor; its shorter side is never below this. Decoding a
        12-megapixel JPEG for a 224-pixel encoder takes a fraction of the time and memory.

    Returns
    -------
    PIL.Image.Image

    Raises
    ------
    MediaError
        With the reason in one sentence.
    """
    with _open(source if isinstance(source, bytes) else read_bytes(Path(source))) as image:
        _check_size(image)
        if min_side and image.format in ("JPEG", "MPO"):
            image.draft(None, (min_side, min_side))
        with _limit_large(image.size):
            image.load()
            return _to_rgb(_shrink(_upright(image), min_side))


def image_size(data: bytes) -> tuple[int, int]:
    """(width, height) in pixels as displayed (orientation applied), from the header alone. Raises MediaError."""
    with _open(data) as image:
        return image.size[::-1] if _is_turned(image) else image.size


def get_taken_at(data: bytes) -> datetime | None:
    """When the photo was taken, from its EXIF (local time, no zone); None if unknown."""
    try:
        with Image.open(io.BytesIO(data), formats=usable_decoders()) as image:
            exif = image.getexif()
            text = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal) or exif.get(
                ExifTags.Base.DateTime
            )
        return datetime.strptime(str(text).strip("\0 "), "%Y:%m:%d %H:%M:%S") if text else None
    except Exception:  # the picture is good even if its metadata is not
        return None


@contextmanager
def _open(data: bytes) -> Iterator[Image.Image]:
    """A picture whose header has been read. Errors in the block become MediaError with the reason."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of large pictures and odd metadata; our limit decides
            with Image.open(io.BytesIO(data), formats=usable_decoders()) as image:
                yield image
    except MediaError:
        raise
    except Image.DecompressionBombError:
        raise _too_large() from None
    except UnidentifiedImageError:
        raise MediaError(_unidentified(data)) from None
    except MemoryError:
        raise MediaError("Not enough memory to decode the picture: export a smaller copy.") from None
    except Exception as error:  # decoders raise nearly anything on broken data: struct.error, SyntaxError, ...
        raise MediaError(_broken(error)) from error


def _check_size(image: Image.Image) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise _too_large(width, height)


def _too_large(width: int = 0, height: int = 0) -> MediaError:
    size = f"{width:,} x {height:,} pixels" if width else "The picture"
    limit = f"{MAX_PIXELS // 1_000_000} megapixels"
    return MediaError(f"{size} is over the limit of {limit}: export a smaller copy.")


def _unidentified(data: bytes) -> str:
    if row := find_missing_plugin(data[:64]):
        return f"{row.title} needs a plugin: pip install {row.package}, then index again."
    return "Not a picture, whatever its name says, or its beginning is damaged."


def _broken(error: Exception) -> str:
    text = str(error)
    if "truncated" in text or "Truncated" in text:
        return "The picture is cut off (truncated): copy the file again from where it came."
    return f"The picture is damaged and cannot be decoded ({text[:120] or type(error).__name__})."


def _is_turned(image: Image.Image) -> bool:
    try:
        return image.getexif().get(ExifTags.Base.Orientation, 1) in (5, 6, 7, 8)
    except Exception:  # as in `_upright`
        return False


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # a broken EXIF block says nothing about the pixels
        return image


def _limit_large(size: tuple[int, int]) -> AbstractContextManager[object]:
    """Large pictures one at a time, whatever the number of threads: each may take two gigabytes on its way."""
    return _large if is_large(size) else nullcontext()


def _shrink(image: Image.Image, min_side: int | None) -> Image.Image:
    """By a whole factor, as early as possible; palettes and deep integers first need a mode that can be averaged."""
    factor = min(image.size) // min_side if min_side else 1
    if image.mode in ("I", "F"):
        return _to_eight_bits(image.reduce(factor) if factor > 1 else image)
    if image.mode.startswith("I;16"):
        image = _to_eight_bits(image)
    elif image.mode in ("1", "P", "PA"):
        image = image.convert("RGBA" if "transparency" in image.info or image.mode == "PA" else "RGB")
    return image.reduce(factor) if factor > 1 else image


def _to_rgb(image: Image.Image) -> Image.Image:
    if "transparency" in image.info:
        image = image.convert("RGBA")
    if image.mode in ("RGBA", "LA", "RGBa", "La"):
        rgba = image.convert("RGBA")
        white = Image.new("RGB", rgba.size, "white")
        white.paste(rgba, mask=rgba.getchannel("A"))
        return white
    return image.convert("RGB")


def _to_eight_bits(image: Image.Image) -> Image.Image:
    """16-bit integers by their full range; 32-bit and float ones, which have no fixed range, by their own."""
    values = np.asarray(image)
    if image.mode.startswith("I;16"):
        return Image.fromarray((values >> 8).astype(np.uint8))
    values = np.nan_to_num(values.astype(np.float32))
    low, high = float(values.min()), float(values.max())
    return Image.fromarray(((values - low) * (255.0 / max(high - low, 1e-9))).astype(np.uint8))
