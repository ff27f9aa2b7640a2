"""`eval formats`: files beside the other readers, on a few files of each outcome."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from media import write_video
from odd_pictures import encoded, gradient
from PIL import Image, ImageCms

from core.cli.main import main
from core.evaluation.formats import evaluate_formats
from core.media.formats import PICTURE_FORMATS, PictureFormat

PICTURE = Image.fromarray(gradient())
_DYING = """
import os
from PIL import Image
Image.register_open("DYING", lambda *_: os._exit(1), lambda prefix: prefix.startswith(b"DYING"))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("collection")
    (path / "more").mkdir()
    turned = Image.Exif()
    turned[274] = 6
    clear = Image.merge("RGBA", (*PICTURE.split(), Image.linear_gradient("L").resize(PICTURE.size)))
    files = {
        "good.png": encoded(PICTURE, "PNG"),
        "clear.png": encoded(clear, "PNG"),
        "more/turned.jpg": encoded(PICTURE, "JPEG", exif=turned, quality=95),
        "profile.jpg": encoded(PICTURE, "JPEG", icc_profile=_exchange_colors(), quality=95),
        "broken.jpg": b"\xff\xd8\xff nothing else",
        "notes.txt": b"words",
        "old.pcx": encoded(PICTURE, "PCX"),
        "thumbnail first.tif": encoded(PICTURE.resize((24, 16)), "TIFF", save_all=True, append_images=[PICTURE]),
        "twelve bits.tif": encoded(Image.fromarray(gradient()[..., 0].astype(np.uint16) * 16), "TIFF"),
    }
    for name, data in files.items():
        (path / name).write_bytes(data)
    write_video(path / "clip.mp4", ["red"], rotation=90)
    return path


def _exchange_colors() -> bytes:
    """sRGB whose red and green are exchanged: who applies it sees other colors."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = data.index(b"rXYZ", 128), data.index(b"gXYZ", 128)
    data[red : red + 4], data[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(data)


def test_each_file_is_compared_with_the_other_readers(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "formats", "--files", str(folder), "--json", "--quiet"]) == 0
    report = json.loads(capsys.readouterr().out)
    found = {row["path"]: row for row in report["disagreements"]}
    kinds = {name: (row["kind"], row["agreed"], bool(row["allowed"])) for name, row in found.items()}
    assert kinds == {
        "old.pcx": ("refused", True, False),
        "thumbnail first.tif": ("size", True, False),
        "twelve bits.tif": ("pixels", True, False),
        "profile.jpg": ("pixels", True, True),
    }
    assert found["old.pcx"]["readers"] == ["Pillow", "FFmpeg"] and found["old.pcx"]["other_size"] == [96, 64]
    assert (found["thumbnail first.tif"]["size"], found["thumbnail first.tif"]["other_size"]) == ([96, 64], [24, 16])
    assert "profile" in found["profile.jpg"]["allowed"] and found["profile.jpg"]["difference"] > 8
    assert report["endings"][".jpg"] == {
        "files": 3, "opened": 2, "unread": 1, "refused": 0, "size": 0, "pixels": 0, "allowed": 1,
    }  # fmt: skip
    assert (report["files"], report["opened"]["Semblance"], report["opened"]["Pillow"]) == (10, 7, 7)
    assert report["endings"][".txt"]["unread"] == 1 and not report["broken"]


def test_people_get_a_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "formats", "--files", str(folder / "more"), "--tolerance", "0", "--quiet"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "1 files, opened: 1 by Semblance, 1 by Pillow, 1 by OpenCV, 1 by FFmpeg"
    assert lines[2].split()[:3] == [".jpg", "1", "1"]
    assert main(["eval", "formats", "--files", str(folder / "none"), "--quiet"]) == 2
    assert "check the path" in capsys.readouterr().err


@pytest.fixture
def dying(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A plugin of Pillow that ends the process in which it opens a file."""
    (tmp_path / "dying_plugin.py").write_text(_DYING)
    monkeypatch.syspath_prepend(str(tmp_path))
    row = PictureFormat("Dying", (".dying",), "image/dying", (), plugin="dying_plugin")
    PICTURE_FORMATS.append(row)
    yield
    PICTURE_FORMATS.remove(row)


@pytest.mark.usefixtures("dying")
def test_a_reader_that_crashes_costs_one_file(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    (files / "a.dying").write_bytes(b"DYING" * 20)
    (files / "b.png").write_bytes(encoded(PICTURE, "PNG"))
    report = evaluate_formats(files)
    assert [(path, reader) for path, reader, _ in report.broken] == [("a.dying", "Pillow")]
    assert set(report.opened.values()) == {1} and not report.disagreements
