"""What leaves a public server: media files as they were indexed, from folders that its operator listed."""

from __future__ import annotations

import io
import os
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pytest
from fakes import ColorEncoder
from media import write_video
from PIL import ExifTags, Image

from core import ingest
from core.classify.export import write_folders
from core.classify.predict import Prediction
from core.errors import MediaError
from core.evaluation import select_images
from core.library import Item, Library
from core.library.public.handout import get_playable
from core.library.registry import create_library
from core.policy import LOCAL, set_rules
from core.previews.clips import playable_clip
from core.previews.thumbnails import make_storyboard, make_thumbnail
from core.search.images import Hit
from core.share.hits import write_hits_zip

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def public(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Strangers visit; the operator listed the folder of the photos."""
    monkeypatch.setenv("SEMBLANCE_HOME", str(tmp_path / "home"))
    set_rules(lambda: replace(LOCAL, public=True, folders=(str(photos),)))
    yield
    set_rules(lambda: LOCAL)


def item_at(path: str | Path, **facts: object) -> Item:
    """An item as somebody who makes a library may write it."""
    status = os.stat(path)
    made = {"bytes": status.st_size, "mtime_ns": status.st_mtime_ns, "content_hash": "0" * 32} | facts
    return Item("id", str(path), "image", "ok", **made)


def what_leaves(item: Item) -> list[str]:
    """Which ways the file, or a picture of it, gets out."""
    ways = []
    archive = io.BytesIO()
    left_out = write_hits_zip([Hit(item, 1.0, 1.0, True)], archive, redact=str)
    ways += [] if left_out else ["zip"]
    copies = io.BytesIO()
    prediction = Prediction(item.path, "a", 1.0, 1.0, (1.0,), item)
    ways += [] if write_folders([prediction], copies, redact=str) else ["folders"]
    assert left_out == [] or zipfile.ZipFile(archive).namelist() == ["hits.csv"]
    video = replace(item, kind="video", duration_s=2.0)
    for name, act in (
        ("thumbnail", lambda: make_thumbnail(item)),
        ("storyboard", lambda: make_storyboard(video, [0.0])),
        ("clip", lambda: playable_clip(video, 0.0)),
    ):
        try:
            act()
            ways.append(name)
        except MediaError as error:
            refused = any(word in str(error) for word in ("not hand out", "changed", "not there", "no picture"))
            ways += [] if refused else [f"{name}: {error}"]
    return ways


def test_files_that_are_no_media_or_lie_elsewhere_stay(photos: Path, tmp_path: Path) -> None:
    outside = tmp_path / "private.png"
    Image.new("RGB", (9, 9)).save(outside)
    (photos / "out.png").symlink_to(outside)
    (photos / "passwd.png").symlink_to("/etc/passwd")
    (photos / "notes.txt").write_text("secret")
    (photos / "text.png").symlink_to(photos / "notes.txt")
    (photos / "folder.png").mkdir()
    os.mkfifo(photos / "pipe.png")
    (tmp_path / "photos and more").mkdir()
    beside = tmp_path / "photos and more" / "x.png"
    Image.new("RGB", (9, 9)).save(beside)
    named = ["out.png", "passwd.png", "notes.txt", "text.png", "folder.png", "pipe.png", "../private.png"]
    for path in (*(photos / name for name in named), "/etc/passwd", "/proc/self/environ", outside, beside):
        assert what_leaves(item_at(path)) == [], path


def test_a_photo_leaves_as_long_as_it_is_the_one_that_was_indexed(library: Library, photos: Path) -> None:
    row = next(row for row in library.items().to_pylist() if row["path"].endswith("red.png"))
    item = Item.from_row(row)
    assert {"zip", "folders", "thumbnail"} <= set(what_leaves(item))
    os.utime(item.path, (1, 1))  # a copy of it, as the hash tells
    assert {"zip", "folders", "thumbnail"} <= set(what_leaves(item))
    Image.new("RGB", (40, 40), "blue").save(item.path)
    assert what_leaves(item) == []
    set_rules(lambda: LOCAL)  # at home an edited photo is still shown
    assert {"zip", "folders", "thumbnail"} <= set(what_leaves(item))


def files_in(written: Callable[[BinaryIO], object]) -> list[bytes]:
    """The files in a zip, without the table."""
    buffer = io.BytesIO()
    written(buffer)
    with zipfile.ZipFile(buffer) as archive:
        assert archive.testzip() is None
        return [archive.read(name) for name in archive.namelist() if not name.endswith((".csv", ".txt"))]


def handed_out(item: Item) -> list[bytes]:
    """The content of a file in each of the ways in which it leaves whole."""
    hits, predictions = [Hit(item, 1.0, 1.0, True)], [Prediction(item.path, "a", 1.0, 1.0, (1.0,), item)]
    without_library = [replace(predictions[0], item=None)]
    played = get_playable(item)
    return [
        *files_in(lambda buffer: write_hits_zip(hits, buffer, redact=str)),
        *files_in(lambda buffer: write_folders(predictions, buffer, redact=str)),
        *files_in(lambda buffer: write_folders(without_library, buffer, redact=str)),
        played if isinstance(played, bytes) else Path(played).read_bytes(),
    ]


@pytest.mark.parametrize("name", ["a.jpg", "a.mov"])
def test_files_leave_without_their_places_but_not_at_home(photos: Path, name: str) -> None:
    path = photos / name
    if name == "a.jpg":
        tags = Image.Exif()
        tags.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSSatellites] = "+48.8584"
        Image.new("RGB", (90, 60), "red").save(path, exif=tags)
    else:
        write_video(path, ["red"], seconds_each=1.0, size=(64, 48), metadata={"location": "+48.8584+002.2945/"})
    content, item = path.read_bytes(), item_at(path)
    assert b"+48.8584" in content
    left = handed_out(item)
    assert len(left) == 4 and not [data for data in left if b"+48.8584" in data or len(data) != len(content)]
    set_rules(lambda: LOCAL)
    assert handed_out(item) == [content] * 4


@pytest.mark.skipif(sys.platform != "linux", reason="memory of a process is limited on Linux")
def test_a_file_that_takes_too_much_is_left_out_with_the_reason(photos: Path) -> None:
    path = photos / "large.jpg"
    Image.new("RGB", (90, 60), "red").save(path)
    os.truncate(path, 8_000_000_000)  # takes no place on the disk
    item, archive = item_at(path), io.BytesIO()
    assert write_hits_zip([Hit(item, 1.0, 1.0, True)], archive, redact=str) == [item.path]
    reason = zipfile.ZipFile(archive).read("left out.txt").decode()
    assert reason.startswith("large.jpg: Looking for places in it takes too much time or memory")
    with pytest.raises(MediaError, match="too much time or memory"):
        get_playable(replace(item, kind="video"))


def test_what_may_tell_a_place_is_left_out_with_the_reason(photos: Path) -> None:
    write_video(photos / "a.avi", ["red"], seconds_each=1.0, size=(64, 48), codec="mpeg4")
    item = item_at(photos / "a.avi")
    archive = io.BytesIO()
    assert write_hits_zip([Hit(item, 1.0, 1.0, True)], archive, redact=str) == [item.path]
    copies = io.BytesIO()
    assert write_folders([Prediction(item.path, "a", 1.0, 1.0, (1.0,), item)], copies, redact=str) == [item.path]
    for buffer in (archive, copies):
        assert b"a.avi: Its format is not known well enough" in zipfile.ZipFile(buffer).read("left out.txt")
    set_rules(lambda: LOCAL)
    assert write_hits_zip([Hit(item, 1.0, 1.0, True)], io.BytesIO(), redact=str) == []


def test_thumbnails_and_clips_tell_no_place(photos: Path) -> None:
    facts = {"location": "+48.8584+002.2945/", "com.apple.quicktime.location.ISO6709": "+48.8584+002.2945/"}
    write_video(photos / "a.mov", ["red"], seconds_each=1.0, size=(64, 48), metadata=facts)
    tags = Image.Exif()
    tags.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSSatellites] = "+48.8584"
    Image.new("RGB", (90, 60), "red").save(photos / "a.jpg", exif=tags, xmp=b"<x GPSLatitude='+48.8584'/>")
    clip = playable_clip(replace(item_at(photos / "a.mov"), kind="video", duration_s=1.0), 0.5).data
    thumbnail = make_thumbnail(item_at(photos / "a.jpg"))
    assert not [data for data in (clip, thumbnail) if b"48.8584" in data]


def test_uploads_of_listed_libraries_leave_but_not_through_links(photos: Path, tmp_path: Path) -> None:
    ours = create_library("Ours").path
    (ours / "uploads").mkdir()
    Image.new("RGB", (9, 9)).save(ours / "uploads" / "a.png")
    assert "zip" in what_leaves(item_at(ours / "uploads" / "a.png"))
    later = create_library("Later").path  # libraries are not looked up for each picture
    (later / "uploads").mkdir()
    Image.new("RGB", (9, 9)).save(later / "uploads" / "a.png")
    assert "zip" in what_leaves(item_at(later / "uploads" / "a.png"))
    theirs = create_library("Theirs").path
    private = tmp_path / "private"
    private.mkdir()
    Image.new("RGB", (9, 9)).save(private / "a.png")
    (theirs / "uploads").symlink_to(private)
    assert what_leaves(item_at(theirs / "uploads" / "a.png")) == []


def test_pixels_of_files_that_stay_are_not_compared(library: Library, encoder: ColorEncoder, photos: Path) -> None:
    ingest(library, encoder, [photos])
    listed = {item.path for item in select_images(library, encoder, {}).items}
    elsewhere = library.path.parent / "elsewhere"
    elsewhere.mkdir()
    Image.new("RGB", (64, 64), "red").save(elsewhere / "private.png")
    ingest(library, encoder, [elsewhere])
    assert listed and {item.path for item in select_images(library, encoder, {}).items} == listed
