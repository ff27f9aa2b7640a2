"""Copies of pictures and videos that do not tell where they were taken.

Pixels, sound, orientation, dates and color profiles stay as they are, and so do all other bytes, nearly always in their
places. What cannot be understood, such as makers' notes, becomes zeros; a file of which that would not be enough is
refused.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from struct import error as StructError
from typing import BinaryIO

from core.media.formats import find_format
from core.media.places.bmp import blank_bmp
from core.media.places.chunks import blank_png, blank_webp
from core.media.places.edits import Edit, check_edits
from core.media.places.edits import write_edited as write_edited
from core.media.places.gif import blank_gif
from core.media.places.heif import blank_heif
from core.media.places.jpeg import blank_jpeg
from core.media.places.movies import find_movie_edits
from core.media.places.tiff import blank_tiff
from core.media.places.unsure import Unsure as Unsure

_BLANKERS: dict[str, Callable[[bytearray], None]] = {
    "JPEG": blank_jpeg, "PNG": blank_png, "WebP": blank_webp, "GIF": blank_gif, "TIFF": blank_tiff,
    "AVIF": blank_heif, "HEIC": blank_heif, "BMP": blank_bmp,
}  # fmt: skip
_MOVIES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")


def without_places(data: bytes) -> bytes:
    """The content of a picture or video file without the place where it was taken. Raises Unsure."""
    file, target = io.BytesIO(data), io.BytesIO()
    write_edited(file, find_places(file), target)
    return target.getvalue()


def find_places(file: BinaryIO) -> list[Edit]:
    """What to write over in a copy of a picture or video so that it does not tell where it was taken.

    EXIF (also GeoTIFF, makers' notes), XMP, IPTC and comments of pictures; descriptions of MP4 and QuickTime, and all
    their tracks beside pictures and sound. A video is not read whole.

    Parameters
    ----------
    file : binary file
        It can be sought.

    Returns
    -------
    list of Edit
        For `write_edited`; empty if nothing has to be changed.

    Raises
    ------
    Unsure
        The format is not known well enough, or the file is damaged where a place could be.
    """
    file.seek(0)
    beginning = file.read(64)
    kind = find_format(beginning)
    try:
        if kind is not None and kind.title in _BLANKERS and beginning[8:10] != b"CR":
            edits = _find_in_picture(file, _BLANKERS[kind.title])
        elif kind is None and beginning[4:8] in _MOVIES:
            edits = find_movie_edits(file)
        else:
            raise Unsure("Its format is not known well enough")
        return check_edits(edits, file.seek(0, os.SEEK_END))
    except (Unsure, StructError, IndexError) as error:
        reason = str(error) if isinstance(error, Unsure) else "It is damaged"
        raise Unsure(f"{reason}: a copy of it could tell where it was taken.") from None


def _find_in_picture(file: BinaryIO, blank: Callable[[bytearray], None]) -> list[Edit]:
    file.seek(0)
    before = file.read()
    after = bytearray(before)
    blank(after)
    if after == before:
        return []
    again = bytearray(after)
    blank(again)
    if again != after:  # its parts overlap
        raise Unsure("It is damaged")
    return [Edit(0, len(before), bytes(after))]
