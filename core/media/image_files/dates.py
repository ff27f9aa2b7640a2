"""When a photo was taken: the first usable date of its EXIF, XMP or text, as the camera's clock showed it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from PIL import ExifTags, Image

# 2015:08:22 10:08:19, and what programs make of it: other separators, a T, no seconds, no time, fractions, AM and PM
_NUMBERS = re.compile(
    r"(\d{4})[:\-/. ]?(\d\d?)[:\-/. ]?(\d\d?)"
    r"(?:[T\s]+(\d\d?)[:.]?(\d\d)(?:[:.]?(\d\d))?(?:[.,]\d+)?\s*([ap]m)?)?(?!\d)",
    re.IGNORECASE,
)
_XMP = re.compile(
    r"(exif:DateTimeOriginal|photoshop:DateCreated|xmp:CreateDate|xap:CreateDate|exif:DateTimeDigitized)"
    r"\s*(?:=\s*[\"']([^\"']+)|>\s*([^<]+))"
)
_XMP_ORDER = (
    "exif:DateTimeOriginal", "photoshop:DateCreated", "xmp:CreateDate", "xap:CreateDate", "exif:DateTimeDigitized",
)  # fmt: skip
_EPOCHS = {(1601, 1, 1), (1899, 12, 30), (1900, 1, 1), (1904, 1, 1), (1969, 12, 31), (1970, 1, 1)}  # zeros of clocks
_DAY_OF_RESET = (1980, 1, 1)  # with 0:00: the zero of FAT, where cameras without a battery begin


def read_taken_at(image: Image.Image, xmp: bytes | str | None, *, has_exif: bool = True) -> datetime | None:
    """The first usable of DateTimeOriginal, DateTimeDigitized, DateTime, XMP and a PNG's Creation Time, without zone;
    None if there is none."""
    texts: list[object] = _find_in_exif(image) if has_exif else []
    texts += [*_find_in_xmp(xmp), image.info.get("Creation Time")]
    return next((when for text in texts if (when := parse_date(text))), None)


def parse_date(text: object) -> datetime | None:
    """A date as cameras and programs write it; None for another text, a zero, the zero of a clock, or the future."""
    written = (text.decode("latin-1") if isinstance(text, bytes) else str(text or "")).strip("\0 \t\r\n")
    try:
        when = _parse_numbers(written) or parsedate_to_datetime(written).replace(tzinfo=None)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    day = (when.year, when.month, when.day)
    is_zero = day in _EPOCHS or (day == _DAY_OF_RESET and (when.hour, when.minute) == (0, 0))
    return None if is_zero or is_in_future(when) else when


def is_in_future(when: datetime) -> bool:
    """Whether a date is after tomorrow: no photo was taken then. Tomorrow is today in another zone."""
    return when.date() > datetime.now(when.tzinfo).date() + timedelta(days=1)


def _parse_numbers(text: str) -> datetime | None:
    found = _NUMBERS.match(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    half = (found[7] or "").lower()
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "pm" else 0)
    return datetime(year, month, day, hour % 24 if hour <= 24 else hour, minute, min(second, 59))  # a leap second


def _find_in_exif(image: Image.Image) -> list[object]:
    tags, inner = ExifTags.Base, dict[int, object]()
    try:
        exif = image.getexif()
        with contextlib.suppress(Exception):
            inner = exif.get_ifd(ExifTags.IFD.Exif)
        both = (tags.DateTimeOriginal, tags.DateTimeDigitized)
        return [*(where.get(tag) for tag in both for where in (inner, exif)), exif.get(tags.DateTime)]
    except Exception:  # the picture is good even if its metadata is not
        return []


def _find_in_xmp(xmp: bytes | str | None) -> Iterator[str]:
    text = xmp.decode(errors="replace") if isinstance(xmp, bytes) else xmp or ""
    found = {name: inside or between for name, inside, between in reversed(_XMP.findall(text))}
    yield from (found[name] for name in _XMP_ORDER if name in found)
