"""Camera raw files, shown by the picture that the camera has put into them: their own pixels are not developed here."""

from __future__ import annotations

import io
import re
import struct

from PIL import ExifTags, Image

_STARTS = (b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FUJIFILMCCD-RAW")  # Olympus, Panasonic, Fujifilm
_TIFF = (b"II*\0", b"MM\0*")
_CANON = re.compile(rb"II\*\0....CR|....ftypcrx ", re.DOTALL)
_PHOTOMETRIC, _SUB_IFDS, _DNG_VERSION = 262, 330, 50706
_SENSOR = (32803, 34892)  # how TIFF calls the pixels of a sensor
_SIZES = frozenset({0xC0, 0xC1, 0xC2})  # markers of a JPEG that viewers show; sensors are stored as others
_MOST = 64  # JPEGs that are looked at
_FACTS = (ExifTags.Base.Orientation, ExifTags.Base.DateTime)
_DATES = (ExifTags.Base.DateTimeOriginal, ExifTags.Base.DateTimeDigitized)


def find_preview(data: bytes) -> bytes | None:
    """The largest JPEG in a raw file, with its orientation and date; None for other files, or where there is none."""
    if not _is_raw(data):
        return None
    best, pixels = -1, 0
    for found, match in enumerate(re.finditer(rb"\xff\xd8\xff", data)):
        if found == _MOST:
            break
        if (size := _read_size(data, match.start())) > pixels:
            best, pixels = match.start(), size
    if best < 0:
        return None
    return _with_exif(data[best:], data) if data[:4] in _TIFF else data[best:]


def _is_raw(data: bytes) -> bool:
    if data.startswith(_STARTS) or _CANON.match(data):
        return True
    if data[:4] not in _TIFF:
        return False
    try:
        tags = _read_exif(data)
        if _DNG_VERSION in tags or tags.get(_PHOTOMETRIC) in _SENSOR:
            return True
        order = "<" if data.startswith(b"I") else ">"
        places = tags.get(_SUB_IFDS) or ()
        return any(_is_sensor(data, place, order) for place in (places if isinstance(places, tuple) else (places,)))
    except Exception:  # a broken header: whatever it is, it is read as a TIFF
        return False


def _is_sensor(data: bytes, place: int, order: str) -> bool:
    (count,) = struct.unpack_from(order + "H", data, place)
    entries = (struct.unpack_from(order + "HHIH", data, place + 2 + 12 * number) for number in range(count))
    return any(tag == _PHOTOMETRIC and value in _SENSOR for tag, _, _, value in entries)


def _read_exif(data: bytes) -> Image.Exif:
    exif = Image.Exif()
    exif.load(data)
    return exif


def _read_size(data: bytes, start: int) -> int:
    """The pixels of the JPEG that begins here; 0 if it is none that viewers show."""
    at = start + 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker, (length,) = data[at + 1], struct.unpack_from(">H", data, at + 2)
        if marker in _SIZES:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return int(height * width) if data[at + 4] == 8 else 0
        if marker == 0xDA or length < 2:
            break
        at += 2 + length
    return 0


def _with_exif(jpeg: bytes, raw: bytes) -> bytes:
    """The preview with the orientation and the dates of the raw file, unless it has its own."""
    try:
        with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as image:
            if "exif" in image.info:
                return jpeg
        theirs, ours = _read_exif(raw), Image.Exif()
        inner = theirs.get_ifd(ExifTags.IFD.Exif)
        ours.update({tag: theirs[tag] for tag in _FACTS if tag in theirs})
        ours.get_ifd(ExifTags.IFD.Exif).update({tag: inner[tag] for tag in _DATES if tag in inner})
        content = ours.tobytes()
    except Exception:  # the preview is good even if the header is not
        return jpeg
    return jpeg[:2] + struct.pack(">BBH", 0xFF, 0xE1, len(content) + 2) + content + jpeg[2:]
