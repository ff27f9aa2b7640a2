"""When a video was taken, by the clock of its camera, as photos say it.

Most containers hold that second in UTC and not the zone. It is taken from the first of these that says something:

1. the name of the file, where it holds the time of the camera (VID_20180629_010000.mp4);
2. the photos beside it: the offset in the EXIF of the one that is nearest in time, within a day; else the offset, in
   half hours, by which a photo that is next to it by name is of the same minute;
3. the place in the metadata: 15 degrees of longitude are an hour, unless the machine's zone is nearly the same;
4. the zone of this machine.
"""

from __future__ import annotations

import contextlib
import os
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image

from core.media.formats import PICTURE_FORMATS, usable_decoders
from core.media.image_files.dates import is_in_future

_FIRST_YEAR = 1981  # clocks that were never set are at the beginning of their calendar: 1904, 1970, 1980
_LOCAL = ("com.apple.quicktime.creationdate", "date_recorded")
_PLACES = ("com.apple.quicktime.location.iso6709", "location", "location-eng")
_HALF_HOUR = timedelta(minutes=30)
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
_SAME_ZONE = timedelta(hours=2.5)  # what zones differ from those of the sun, with summer time
_EARLIEST, _LATEST = timedelta(hours=-12), timedelta(hours=14)
_NEIGHBORS = 12  # photos to each side, by name, whose EXIF is read
_NEXT = 2  # photos to each side that may be of the same minute
_CAMERAS = ("JPEG", "HEIF")  # decoders of the formats that cameras write
_IN_NAME = re.compile(
    r"(?<!\d)(20\d\d)[-_.]?([01]\d)[-_.]?([0-3]\d)[-_ T.]{1,3}(?:at )?([0-2]\d)[-_.:]?([0-5]\d)[-_.:]?([0-5]\d)(?!\d)"
)


def find_taken_at(metadata: Mapping[str, str], source: Path | str | bytes) -> datetime | None:
    """When a video was taken, in the local time of its camera without a zone.

    Parameters
    ----------
    metadata : mapping of str to str
        Of the container and of the stream of pictures; keys in lower case.
    source : path or bytes
        The file, for its name and the photos beside it.

    Returns
    -------
    datetime or None
        None if unknown, before 1981, or in the future.
    """
    created = _read_time(metadata.get("creation_time"))
    named = _read_time(metadata.get("date"))  # of a film this may be the day on which it came out
    times = [_read_time(metadata.get(key)) for key in _LOCAL]
    times.append(named if named is not None and named.tzinfo is not None else created)
    when = next((time for time in [*times, named] if time is not None), None)
    if when is created and when is not None and when.tzinfo is not None and not when.utcoffset():
        path = None if isinstance(source, bytes) else Path(source)
        when += find_utc_offset(when, metadata, path)
    return when.replace(tzinfo=None, microsecond=0) if when is not None else None


def find_utc_offset(utc: datetime, metadata: Mapping[str, str], path: Path | None) -> timedelta:
    """By how much the camera's clock is ahead of UTC, see the head of this module."""
    own = utc.astimezone().utcoffset() or timedelta()
    if path is not None:
        for offset in (_named_offset(utc, path.stem), _photo_offset(utc, path, own)):
            if offset is not None:
                return offset
    sun = next((offset for key in _PLACES if (offset := _sun_offset(metadata.get(key, ""))) is not None), None)
    if sun is None or (own and abs(own - sun) <= _SAME_ZONE):  # it is 0 on servers whose zone nobody set
        return own
    return sun


def _read_time(text: str | None) -> datetime | None:
    try:
        when = datetime.fromisoformat(re.sub(r"^(\d{4})[:/.](\d\d)[:/.](\d\d)", r"\1-\2-\3", (text or "").strip()))
        future = is_in_future(when)
    except (ValueError, OverflowError):
        return None
    return None if future or when.year < _FIRST_YEAR else when


def _named_offset(utc: datetime, name: str) -> timedelta | None:
    found = _IN_NAME.search(name)
    if found is None or name.startswith("PXL_"):  # these names are in UTC
        return None
    with contextlib.suppress(ValueError):
        local = datetime.strptime("".join(found.groups()), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        return _round(local - utc, 2 * _MINUTE)
    return None


def _round(difference: timedelta, tolerance: timedelta) -> timedelta | None:
    """The offset in half hours that a difference of clocks is, if it is one."""
    offset = round(difference / _HALF_HOUR) * _HALF_HOUR
    fits = abs(difference - offset) <= tolerance and _EARLIEST <= offset <= _LATEST
    return offset if fits else None


def _sun_offset(place: str) -> timedelta | None:
    """By longitude, of a place as ISO 6709 writes it: +35.6895+139.6917/ or +3541.37+13941.5/."""
    found = re.match(r"[+-][\d.]+([+-])(\d{3})", place)
    return timedelta(hours=round(float(found[1] + found[2]) / 15)) if found else None


def _photo_offset(utc: datetime, path: Path, own: timedelta) -> timedelta | None:
    """own: the offset of this machine, which wins if it is one of several that would do."""
    said: list[tuple[timedelta, timedelta]] = []  # (distance in time, offset)
    guessed: list[tuple[bool, timedelta, timedelta]] = []
    for distance, photo in _photos_beside(path):
        local, offset = _read_clock(photo)
        if local is None:
            continue
        if offset is not None:
            said.append((abs(local - offset - utc), offset))
        elif distance <= _NEXT and (offset := _round(local - utc, _MINUTE)) is not None:
            guessed.append((offset != own, abs(local - utc - offset), offset))
    nearest = min(said, default=None)
    if nearest is not None and nearest[0] <= _DAY:
        return nearest[1]
    return min(guessed)[-1] if guessed else None


def _photos_beside(path: Path) -> Iterator[tuple[int, Path]]:
    """(how many names away, photo) of those in the same folder that come next by name."""
    suffixes = tuple(suffix for row in PICTURE_FORMATS if set(_CAMERAS) & set(row.decoders) for suffix in row.suffixes)
    with contextlib.suppress(OSError, ValueError):
        names = sorted(name for name in os.listdir(path.parent) if name.lower().endswith(suffixes))
        place = bisect_left(names, path.name)
        for number in range(max(0, place - _NEIGHBORS), min(len(names), place + _NEIGHBORS)):
            if (photo := path.parent / names[number]).is_file():
                yield (number - place + 1 if number >= place else place - number), photo


def _read_clock(photo: Path) -> tuple[datetime | None, timedelta | None]:
    """(the local time of a photo, marked as UTC so that it can be compared; its offset, if it says one)."""
    try:
        with Image.open(photo, formats=usable_decoders()) as image:
            exif = image.getexif()
        tags, gps = exif.get_ifd(ExifTags.IFD.Exif), exif.get_ifd(ExifTags.IFD.GPSInfo)
        local = _exif_time(tags[ExifTags.Base.DateTimeOriginal])
        said = tags.get(ExifTags.Base.OffsetTimeOriginal) or tags.get(ExifTags.Base.OffsetTime)
        return local, _said_offset(said) if said else _gps_offset(local, gps)
    except Exception:  # decoders raise nearly anything on broken data
        return None, None


def _exif_time(text: Any) -> datetime:
    return datetime.strptime(str(text).strip("\0 "), "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC)


def _said_offset(text: Any) -> timedelta | None:
    return datetime.strptime(str(text).strip("\0 "), "%z").utcoffset()


def _gps_offset(local: datetime, gps: Mapping[int, Any]) -> timedelta | None:
    """Satellites say the time in UTC."""
    if ExifTags.GPS.GPSDateStamp not in gps or ExifTags.GPS.GPSTimeStamp not in gps:
        return None
    hours, minutes, seconds = (int(part) for part in gps[ExifTags.GPS.GPSTimeStamp])
    utc = _exif_time(f"{gps[ExifTags.GPS.GPSDateStamp]} {hours:02}:{minutes:02}:{seconds:02}")
    return _round(local - utc, 5 * _MINUTE)
