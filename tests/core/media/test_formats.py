"""Formats that another package adds are found, decoded and searched like the built-in ones."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import run
from fakes import COLORS, ColorEncoder
from media import write_video

import core.cli.options
from core import Library, ingest, parse_query, search
from core.errors import MediaError
from core.media import (
    CONTAINERS,
    PICTURE_FORMATS,
    Container,
    PictureFormat,
    get_mime_type,
    register_container,
    register_picture_format,
)
from core.media.isolated import open_isolated, probe_isolated
from core.media.kinds import is_image_path, is_media_path, is_video_path
from core.media.video_files.container import open_container

_PLUGIN = """
import struct
from PIL import Image, ImageFile

class ToyFile(ImageFile.ImageFile):
    format = "TOY"

    def _open(self):
        self._size, self._mode = struct.unpack("<4xHH", self.fp.read(8)), "RGB"
        self.tile = [ImageFile._Tile("raw", (0, 0, *self._size), 8, "RGB")]

Image.register_open("TOY", ToyFile, lambda head: head.startswith(b"TOY1"))
"""
_TOY = PictureFormat("Toy", (".toy",), "image/x-toy", ("TOY",), plugin="toy_pictures")


def toy(color: tuple[int, int, int], width: int = 60, height: int = 40) -> bytes:
    return b"TOY1" + struct.pack("<HH", width, height) + bytes(color) * (width * height)


@pytest.fixture
def toys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a `.toy` picture of each color, whose format is registered meanwhile."""
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "toy_pictures.py").write_text(_PLUGIN)
    monkeypatch.syspath_prepend(tmp_path / "plugins")
    folder = tmp_path / "toys"
    folder.mkdir()
    for name, color in COLORS.items():
        (folder / f"{name}.toy").write_bytes(toy(color))
    register_picture_format(_TOY)
    yield folder
    PICTURE_FORMATS.remove(_TOY)


def test_a_picture_format_from_outside_is_searched(toys: Path, tmp_path: Path, encoder: ColorEncoder) -> None:
    library = Library(tmp_path / "toy library", create=True)
    report = ingest(library, encoder, [toys])
    assert (report.added, report.failed) == (len(COLORS), [])
    best = search(library, encoder, parse_query("red")).hits[0]
    assert Path(best.item.path).name == "red.toy" and (best.item.width, best.item.height) == (60, 40)
    assert Path(search(library, encoder, parse_query(str(toys / "blue.toy"))).hits[0].item.path).name == "blue.toy"


def test_a_picture_format_from_outside_on_the_command_line(
    toys: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core.cli.options, "open_encoder", lambda name, on_progress=None: ColorEncoder())
    assert run(capsys, "index", toys, "--library", tmp_path / "library")["added"] == len(COLORS)
    found = run(capsys, "search", "green", "--library", tmp_path / "library")
    assert Path(found["hits"][0]["path"]).name == "green.toy"


def test_child_processes_know_the_tables_of_the_moment(toys: Path) -> None:
    data = (toys / "red.toy").read_bytes()
    assert open_isolated(data).getpixel((5, 5)) == COLORS["red"]
    PICTURE_FORMATS.remove(_TOY)
    with pytest.raises(MediaError, match="Not a picture"):
        open_isolated(data)
    PICTURE_FORMATS.append(_TOY)
    assert open_isolated(data).getpixel((5, 5)) == COLORS["red"]


def test_a_plugin_that_is_missing_is_named(tmp_path: Path) -> None:
    row = PictureFormat("Odd", (".odd",), "image/x-odd", ("ODD",), "no_such_plugin", "odd-pictures", "ODD")
    register_picture_format(row)
    try:
        with pytest.raises(MediaError, match="Odd needs a plugin: pip install odd-pictures"):
            open_isolated(b"ODD and so on")
    finally:
        PICTURE_FORMATS.remove(row)


def test_a_container_from_outside(tmp_path: Path) -> None:
    video = write_video(tmp_path / "clip.nut", ("red", "blue"))
    assert not is_media_path(video)
    with pytest.raises(MediaError):
        probe_isolated(video)
    row = Container("NUT", (".nut",), "video/x-nut", "nut")
    register_container(row)
    try:
        assert is_video_path(video) and get_mime_type(video) == "video/x-nut"
        assert probe_isolated(video).width > 0
    finally:
        CONTAINERS.remove(row)


def test_suffixes_that_are_supported() -> None:
    pictures = ".jpg .jpeg .jpe .jfif .png .webp .gif .bmp .dib .tif .tiff .avif .heic .heif".split()
    pictures += ".jif .mpo .jps .apng .avifs .hif .heics .heifs .jp2 .j2k .j2c .jpc .jpf .jpx .jxl".split()
    pictures += ".ppm .pgm .pbm .pnm .dng .cr2 .cr3 .nef .nrw .arw .raf .orf .rw2 .pef .srw".split()
    videos = ".mp4 .m4v .mov .mkv .webm .avi .mpg .mpeg .ts .mts .m2ts .wmv .flv .3gp .3g2 .ogv .gif".split()
    videos += ".mp4v .f4v .lrv .qt .3gpp .mk3d .divx .mpe .vob .m2p .mod .m2v .m1v .mpv .m2t .tod .trp".split()
    videos += ".mxf .dv .asf .ogm .ogx".split()
    assert all(is_image_path(f"a{suffix.upper()}") for suffix in pictures)
    assert all(is_video_path(f"a{suffix}") for suffix in videos)
    assert {suffix for row in (*PICTURE_FORMATS, *CONTAINERS) for suffix in row.suffixes} == {*pictures, *videos}
    assert [suffix for suffix in pictures if is_video_path(f"a{suffix}")] == [".gif"]
    assert not is_media_path("a.pdf") and not is_media_path("list.m3u8")


def test_playlists_are_not_opened(tmp_path: Path) -> None:
    (tmp_path / "list.mp4").write_text("#EXTM3U\n#EXTINF:1,\nother.ts\n")
    with pytest.raises(MediaError):
        open_container(tmp_path / "list.mp4")
