"""Pictures from files or bytes: decoded upright, in RGB, within limits, with a reason if that fails.

Pillow decodes. What it refuses is tried again without what is odd in its header, by OpenCV and FFmpeg, and as far as it
goes: a picture is read if two of the three read it alike.
"""

from __future__ import annotations

import io
import stat
import threading
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from core.errors import MediaError
from core.media.formats import find_format, find_missing_plugin, usable_decoders
from core.media.image_files.dates import read_taken_at
from core.media.image_files.mending import mend
from core.media.image_files.other_readers import read_deep, read_with_others
from core.media.image_files.partial import ends_early, open_partial
from core.media.image_files.pixels import to_rgb
from core.media.image_files.quirks import choose_page, find_crop, fix_key, fix_palette, is_misread, lost_depth, take_xmp
from core.media.image_files.raw import find_preview

usable_decoders()  # Pillow writes the formats of its plugins as well, for all who import this module

MAX_PIXELS = 178_000_000  # larger pictures are decompression bombs more often than photos
LARGE_PIXELS = 40_000_000
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
    return size[0] * size[1] > LARGE_PIXELS


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """A picture and its facts.

    Attributes
    ----------
    size : tuple of int
        (width, height) in pixels, as displayed.
    image : PIL.Image.Image, optional
        Upright, in RGB, see `open_image`; None if it was not to be decoded.
    taken_at : datetime, optional
        Local time.
    remark : str, optional
        Which part of the picture is missing.
    """

    size: tuple[int, int]
    image: Image.Image | None = None
    taken_at: datetime | None = None
    remark: str | None = None


def open_image(source: Path | str | bytes, *, min_side: int | None = None) -> Image.Image:
    """Decodes a picture: first frame or largest page, EXIF orientation applied, sRGB in 8 bits, transparency on white
    (on black where white would show nothing).

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
    data = source if isinstance(source, bytes) else read_bytes(Path(source))
    image = decode_image(data, min_side=min_side).image
    assert image is not None
    return image


def image_size(data: bytes) -> tuple[int, int]:
    """(width, height) in pixels as displayed (orientation applied), by a sound header alone. Raises MediaError."""
    return decode_image(data, max_decoded=0).size


def get_taken_at(data: bytes) -> datetime | None:
    """When the photo was taken, by its EXIF or XMP (local time, no zone); None if unknown."""
    try:
        return decode_image(data, max_decoded=0).taken_at
    except MediaError:
        return None


def decode_image(data: bytes, *, min_side: int | None = None, max_decoded: int = MAX_PIXELS) -> DecodedImage:
    """A picture and its facts, in one reading.

    Parameters
    ----------
    data : bytes
        The whole file.
    min_side : int, optional
        See `open_image`.
    max_decoded : int
        Pixels; of larger pictures only the facts are read.

    Returns
    -------
    DecodedImage

    Raises
    ------
    MediaError
        With the reason in one sentence.
    """
    data = find_preview(data) or data
    try:
        return _decode(data, min_side, max_decoded)
    except MediaError as error:
        decoded = None if isinstance(error, _TooLarge) else _rescue(data, min_side, max_decoded, error)
        if decoded is None:
            raise MediaError(str(error)) from error  # without a class that is known here alone
        return decoded


def _decode(data: bytes, min_side: int | None, max_decoded: int) -> DecodedImage:
    """By Pillow alone. Raises MediaError."""
    with _open(data) as image:
        choose_page(image)
        _check_size(image)
        xmp = take_xmp(image)
        crop = find_crop(image, data)
        if is_misread(image):
            raise MediaError("It is a kind of picture that cannot be decoded: export it as PNG or JPEG.")
        if max_decoded and image.format == "PNG":  # its facts may come after its pixels
            image.load()
        size = crop[2:] if crop else image.size
        when = read_taken_at(image, xmp, has_exif=_may_have_exif(image, data))
        facts = DecodedImage(size[::-1] if _is_turned(image, data) else size, taken_at=when)
        if size[0] * size[1] > max_decoded:
            return facts
        if min_side and image.format in ("JPEG", "MPO"):
            image.draft(None, (min_side, min_side))
        with _limit_large(image.size):
            fix_palette(image)
            image.load()
            return replace(facts, image=_finish(image, data, min_side, crop))


def _finish(
    image: Image.Image, data: bytes, min_side: int | None, crop: tuple[int, int, int, int] | None
) -> Image.Image:
    """A loaded picture: cropped, upright, in RGB. crop: (left, top, width, height)."""
    if lost_depth(image, data) and (deep := read_deep(data, max_pixels=MAX_PIXELS)) is not None:
        deep.info["icc_profile"] = image.info.get("icc_profile")
        return to_rgb(deep, min_side)
    fix_key(image, data)
    if crop:
        left, top, width, height = crop
        image = image.crop((left, top, left + width, top + height))
    return to_rgb(_upright(image), min_side)


def _rescue(data: bytes, min_side: int | None, max_decoded: int, error: MediaError) -> DecodedImage | None:
    """A picture that Pillow refuses as it is, for an error; None if it cannot be had in another way."""
    cut_off = [data] if isinstance(error, _CutOff) else []
    for mended in mend(data):
        try:
            return _decode(mended, min_side, max_decoded)
        except _CutOff:
            cut_off.append(mended)
        except MediaError:
            pass
    for version in cut_off:
        if (partial := open_partial(version, max_pixels=MAX_PIXELS)) is not None:
            image, xmp = partial.image, take_xmp(partial.image)
            finished = _finish(image, version, min_side, None)
            size = image.size[::-1] if _is_turned(image, version) else image.size
            return DecodedImage(size, finished, read_taken_at(image, xmp), partial.remark)
    other = None if cut_off else read_with_others(data, max_pixels=MAX_PIXELS)
    return None if other is None else DecodedImage(other.size, to_rgb(other, min_side))


def _may_have_exif(image: Image.Image, data: bytes) -> bool:
    """False for a PNG without any: looking for it would decode the whole picture."""
    return image.format != "PNG" or "exif" in image.info or b"eXIf" in data or b"Raw profile type" in data


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
        raise _unidentified(data) from None
    except MemoryError:
        raise _TooLarge("Not enough memory to decode the picture: export a smaller copy.") from None
    except Exception as error:  # decoders raise nearly anything on broken data: struct.error, SyntaxError, ...
        raise _broken(error, data) from error


def _check_size(image: Image.Image) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise _too_large(width, height)


class _TooLarge(MediaError):
    """No way of decoding makes it smaller."""


def _too_large(width: int = 0, height: int = 0) -> MediaError:
    size = f"{width:,} x {height:,} pixels" if width else "The picture"
    limit = f"{MAX_PIXELS // 1_000_000} megapixels"
    return _TooLarge(f"{size} is over the limit of {limit}: export a smaller copy.")


class _CutOff(MediaError):
    """A part may be decoded."""

    def __init__(self) -> None:
        super().__init__("The picture is cut off (truncated): copy the file again from where it came.")


def _unidentified(data: bytes) -> MediaError:
    if row := find_missing_plugin(data[:64]):
        return MediaError(f"{row.title} needs a plugin: pip install {row.package}, then index again.")
    if ends_early(data):
        return _CutOff()
    if row := find_format(data[:64]):
        what = f"It is a {row.title} of a kind that cannot be decoded, or it is damaged"
        return MediaError(f"{what}: export it as PNG or JPEG.")
    return MediaError("Not a picture, whatever its name says, or its beginning is damaged.")


def _broken(error: Exception, data: bytes) -> MediaError:
    text = str(error)
    if "truncated" in text.lower() or ends_early(data):
        return _CutOff()
    return MediaError(f"The picture is damaged and cannot be decoded ({text[:120] or type(error).__name__}).")


def _is_turned(image: Image.Image, data: bytes) -> bool:
    """Whether width and height are exchanged. A TIFF has those as displayed from the beginning."""
    if image.format == "TIFF" or not _may_have_exif(image, data):
        return False
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
