"""The formats of pictures and videos, one row each; suffixes, decoders, types and messages derive from these rows.

Light: nothing is opened, and no decoder is loaded before `usable_decoders()`.
"""

from __future__ import annotations

import functools
import importlib
import re
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import PurePath
from typing import Any


@dataclass(frozen=True, slots=True)
class PictureFormat:
    """A format of pictures that Pillow reads, by itself or with a plugin.

    Parameters
    ----------
    title : str
        Its name in texts.
    suffixes : tuple of str
        Endings of its files: in lower case, with the dot.
    mime_type : str
        As in HTTP headers.
    decoders : tuple of str
        Pillow's names of the format. Only decoders that a row names open files. A decoder must start no other program
        and open no other file, as strangers upload such files.
    plugin : str, optional
        The module whose import makes Pillow know the format; `module:function` if the function has to be called.
        Child processes import it by this name as well.
    package : str, optional
        The plugin's name for pip. Where it is missing, errors name it.
    beginning : str, optional
        Regular expression that the first 64 bytes of a file match (as Latin-1). It tells which plugin a file needs, and
        finds files whose names end otherwise.
    """

    title: str
    suffixes: tuple[str, ...]
    mime_type: str
    decoders: tuple[str, ...]
    plugin: str | None = None
    package: str | None = None
    beginning: str | None = None


@dataclass(frozen=True, slots=True)
class Container:
    """A container of videos that FFmpeg reads.

    Parameters
    ----------
    title : str
        Its name in texts.
    suffixes : tuple of str
        Endings of its files: in lower case, with the dot. Several containers may share one demuxer.
    mime_type : str
        As in HTTP headers.
    demuxer : str
        FFmpeg's name of the format, whole (`ffmpeg -demuxers`). Only demuxers that a row names open files. A demuxer
        must open no other file: playlists (HLS, concat) would open other files and addresses.
    browsers : str, optional
        Regular expression that the first 64 bytes match (as Latin-1) if browsers play the container.
    seeks_exactly : bool
        Whether times after a jump are those of reading from the beginning.
    is_spliced : bool
        Whether recordings are joined in it as they are, so that time is counted anew on the way.
    counts_from_zero : bool
        Whether its header counts the length from the zero of the clock, although the first picture may come later.
    knows_streams : bool
        Whether it says of each stream how long it is, not only of the whole.
    beginning : str, optional
        Regular expression that the first 64 bytes match (as Latin-1), where other kinds of files have the same endings:
        a file that does not match is no video.
    """

    title: str
    suffixes: tuple[str, ...]
    mime_type: str
    demuxer: str
    browsers: str | None = None
    seeks_exactly: bool = False
    is_spliced: bool = False
    counts_from_zero: bool = False
    knows_streams: bool = False
    beginning: str | None = None


_MP4, _MATROSKA = "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm"

PICTURE_FORMATS = [
    PictureFormat("JPEG", (".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".mpo", ".jps"), "image/jpeg", ("JPEG",),
                  beginning="\xff\xd8"),  # opens MPO of stereo cameras
    PictureFormat("PNG", (".png", ".apng"), "image/png", ("PNG",), beginning="\x89PNG\r\n"),
    PictureFormat("WebP", (".webp",), "image/webp", ("WEBP",), beginning="RIFF....WEBP"),
    PictureFormat("GIF", (".gif",), "image/gif", ("GIF",), beginning="GIF8[79]a"),
    PictureFormat("BMP", (".bmp", ".dib"), "image/bmp", ("BMP", "DIB"),
                  beginning="BM....\0\0\0\0"),
    PictureFormat("TIFF", (".tif", ".tiff"), "image/tiff", ("TIFF",), beginning="II[*+]\0|MM\0[*+]"),
    PictureFormat("AVIF", (".avif", ".avifs"), "image/avif", ("AVIF",), beginning="....ftypavi[fs]"),
    PictureFormat(
        "HEIC", (".heic", ".heif", ".hif", ".heics", ".heifs"), "image/heic", ("HEIF",),
        plugin="pillow_heif:register_heif_opener", package="pillow-heif",
        beginning="....ftyp(heic|heix|mif1|msf1|hevc)",
    ),
    PictureFormat("JPEG 2000", (".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx"), "image/jp2", ("JPEG2000",),
                  beginning="\0\0\0\x0cjP  |\xff\x4f\xff\x51"),
    PictureFormat("JPEG XL", (".jxl",), "image/jxl", ("JXL",), plugin="pillow_jxl", package="pillow-jxl-plugin",
                  beginning="\xff\x0a|\0\0\0\x0cJXL "),
    PictureFormat("Netpbm", (".ppm", ".pgm", ".pbm", ".pnm"), "image/x-portable-anymap", ("PPM",),
                  beginning="P[1-6]\\s"),
    # by the JPEG that the camera has put into them (core/media/image_files/raw.py), so by no decoder of their own
    PictureFormat("Camera raw",
                  (".dng", ".cr2", ".cr3", ".nef", ".nrw", ".arw", ".raf", ".orf", ".rw2", ".pef", ".srw"),
                  "image/x-raw", (), beginning="....ftypcrx |FUJIFILMCCD-RAW|IIR[OS]|MMOR|IIU\0"),
]  # fmt: skip

CONTAINERS = [
    Container(
        "MP4", (".mp4", ".m4v", ".mp4v", ".f4v", ".lrv"), "video/mp4", _MP4, browsers="....ftyp(?!qt  )",
        seeks_exactly=True, knows_streams=True,
    ),
    Container("QuickTime", (".mov", ".qt"), "video/quicktime", _MP4, seeks_exactly=True, knows_streams=True),
    Container("3GPP", (".3gp", ".3g2", ".3gpp"), "video/3gpp", _MP4, seeks_exactly=True, knows_streams=True),
    Container(
        "WebM", (".webm",), "video/webm", _MATROSKA, browsers="\x1a\x45\xdf\xa3.*webm", seeks_exactly=True,
        counts_from_zero=True,
    ),
    Container("Matroska", (".mkv", ".mk3d"), "video/x-matroska", _MATROSKA, seeks_exactly=True, counts_from_zero=True),
    Container("AVI", (".avi", ".divx"), "video/x-msvideo", "avi", knows_streams=True),
    Container("MPEG", (".mpg", ".mpeg", ".mpe", ".vob", ".m2p"), "video/mpeg", "mpeg", is_spliced=True),
    Container("MPEG of camcorders", (".mod",), "video/mpeg", "mpeg", is_spliced=True, beginning="\0\0\1\xba"),
    Container("MPEG without a container", (".m2v", ".m1v", ".mpv"), "video/mpeg", "mpegvideo"),
    Container(
        "MPEG transport stream", (".ts", ".mts", ".m2ts", ".m2t", ".tod", ".trp"), "video/mp2t", "mpegts",
        is_spliced=True, beginning=".*[\0-\x08\x0e-\x1f]",  # what no text holds: TypeScript's endings are .ts and .mts
    ),
    Container("MXF", (".mxf",), "application/mxf", "mxf"),
    Container("DV", (".dv",), "video/x-dv", "dv"),
    Container("Windows Media", (".wmv", ".asf"), "video/x-ms-wmv", "asf"),
    Container("Flash", (".flv",), "video/x-flv", "flv", is_spliced=True, counts_from_zero=True),
    Container("Ogg", (".ogv", ".ogm", ".ogx"), "video/ogg", "ogg"),
    Container("GIF", (".gif",), "image/gif", "gif"),
]  # fmt: skip

_BUILT_IN = tuple(PICTURE_FORMATS), tuple(CONTAINERS)


def register_picture_format(row: PictureFormat) -> None:
    """Adds a format of pictures: files of it are found, decoded and uploaded from now on.

    Parameters
    ----------
    row : PictureFormat
        Adding an equal row twice changes nothing. Appending to `PICTURE_FORMATS` does the same.
    """
    if row not in PICTURE_FORMATS:
        PICTURE_FORMATS.append(row)


def register_container(row: Container) -> None:
    """Adds a container of videos: files of it are found, decoded and uploaded from now on.

    Parameters
    ----------
    row : Container
        Adding an equal row twice changes nothing. Appending to `CONTAINERS` does the same.
    """
    if row not in CONTAINERS:
        CONTAINERS.append(row)


def image_suffixes() -> frozenset[str]:
    """Endings of the names of pictures."""
    return frozenset(suffix for row in PICTURE_FORMATS for suffix in row.suffixes)


def list_suffixes(mime_type: str) -> frozenset[str]:
    """Endings of the names of pictures of one type."""
    return frozenset(suffix for row in PICTURE_FORMATS if row.mime_type == mime_type for suffix in row.suffixes)


def video_suffixes() -> frozenset[str]:
    """Endings of the names of videos. `.gif` is among both: only the content tells."""
    return frozenset(suffix for row in CONTAINERS for suffix in row.suffixes)


def may_be_video(path: PurePath | str, beginning: bytes) -> bool:
    """Whether a file with the name of a video can be one. beginning: its first 64 bytes; none if they are unknown."""
    suffix = PurePath(path).suffix.lower()
    patterns = [row.beginning for row in CONTAINERS if suffix in row.suffixes]
    return not beginning or any(pattern is None or _matches(pattern, beginning) for pattern in patterns)


def upload_types(*, videos: bool) -> list[str]:
    """Endings without the dot, sorted: what an upload field takes."""
    return sorted(suffix.removeprefix(".") for suffix in image_suffixes() | (video_suffixes() if videos else set()))


def get_mime_type(path: PurePath | str) -> str | None:
    """What the name of a file promises; None for a name of neither a picture nor a video."""
    suffix = PurePath(path).suffix.lower()
    rows: tuple[PictureFormat | Container, ...] = (*PICTURE_FORMATS, *CONTAINERS)
    return next((row.mime_type for row in rows if suffix in row.suffixes), None)


def usable_decoders(*, animated: bool = False) -> tuple[str, ...]:
    """Pillow's names of the formats whose plugins are there; loads these. animated: only those that may be videos."""
    videos = video_suffixes()
    return tuple(
        name
        for row in PICTURE_FORMATS
        if _load_plugin(row.plugin) and (not animated or videos.intersection(row.suffixes))
        for name in row.decoders
    )


def find_missing_plugin(beginning: bytes) -> PictureFormat | None:
    """The format of a file that a plugin would open which is not installed. beginning: the file's first bytes."""
    for row in PICTURE_FORMATS:
        if row.beginning and not _load_plugin(row.plugin) and _matches(row.beginning, beginning):
            return row
    return None


def find_format(beginning: bytes) -> PictureFormat | None:
    """The format of pictures that a file has by its first 64 bytes, whatever its name."""
    return next((row for row in PICTURE_FORMATS if row.beginning and _matches(row.beginning, beginning)), None)


def demuxers() -> str:
    """FFmpeg's names of the containers that may be opened, joined by commas."""
    return ",".join(dict.fromkeys(row.demuxer for row in CONTAINERS))


def find_container(demuxer: str) -> Container | None:
    """The first row of a demuxer, by FFmpeg's name of it (such as `matroska,webm`)."""
    first = demuxer.partition(",")[0]
    return next((row for row in CONTAINERS if row.demuxer.partition(",")[0] == first), None)


def is_for_browsers(beginning: bytes) -> bool:
    """Whether browsers play the container of a file. beginning: its first 64 bytes."""
    return any(row.browsers and _matches(row.browsers, beginning) for row in CONTAINERS)


def pack_tables() -> dict[str, Any] | None:
    """The tables, and where plugins are imported from, for a child process; None while the tables are as built in."""
    if (tuple(PICTURE_FORMATS), tuple(CONTAINERS)) == _BUILT_IN:
        return None
    return {
        "pictures": [asdict(row) for row in PICTURE_FORMATS],
        "containers": [asdict(row) for row in CONTAINERS],
        "path": sys.path,
    }


def unpack_tables(packed: Mapping[str, Any] | None) -> None:
    """Sets the tables to those of the process that called `pack_tables`."""
    pictures, containers = _BUILT_IN
    if packed is not None:
        sys.path[:] = packed["path"]
        pictures = tuple(PictureFormat(**_with_tuples(row)) for row in packed["pictures"])
        containers = tuple(Container(**_with_tuples(row)) for row in packed["containers"])
    PICTURE_FORMATS[:], CONTAINERS[:] = pictures, containers


def _with_tuples(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}


def _matches(pattern: str, beginning: bytes) -> bool:
    return re.match(pattern, beginning.decode("latin-1"), re.DOTALL) is not None


@functools.cache
def _load_plugin(plugin: str | None) -> bool:
    """Whether it is there, or none is needed."""
    module, _, register = (plugin or "").partition(":")
    try:
        loaded = importlib.import_module(module) if module else None
    except ImportError:
        return False
    if register:
        getattr(loaded, register)()
    return True
