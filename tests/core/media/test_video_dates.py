"""A phone's video and a photo of the same minute are of the same day: both by the clock of the camera."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from media import write_video
from PIL import Image

from core.media.video import probe

UTC_TIME = "2018-06-28T16:00:00Z"  # one o'clock at night, on the 29th, in Tokyo
TOKYO, BERLIN = "+35.6895+139.6917/", "+52.5+013.4/"
PHOTO = "2018:06:29 01:00:05"


@pytest.fixture(autouse=True, params=["UTC", "America/New_York"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The zone of the machine."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


def video(folder: Path, name: str = "clip.mov", **metadata: str) -> Path:
    tags = {key.replace("__", "."): value for key, value in metadata.items()}
    options = {"movflags": "use_metadata_tags"} if name.endswith(".mov") and len(tags) > 1 else {}
    return write_video(folder / name, ["red"], seconds_each=0.2, size=(64, 48), metadata=tags, container=options)


def photo(
    path: Path, taken: str = PHOTO, offset: str | None = None, gps: tuple[str, tuple[int, int, int]] | None = None
) -> Path:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = taken
    if offset:
        exif.get_ifd(0x8769)[0x9011] = offset
    if gps:
        exif.get_ifd(0x8825).update({29: gps[0], 7: gps[1]})
    Image.new("RGB", (16, 16)).save(path, exif=exif)
    return path


def test_what_the_video_says_itself_counts_first(tmp_path: Path) -> None:
    photo(tmp_path / "a.jpg", offset="+02:00")
    apple = {"com__apple__quicktime__creationdate": "2018-06-29T01:00:00+0900"}
    assert str(probe(video(tmp_path, creation_time=UTC_TIME, **apple)).taken_at) == "2018-06-29 01:00:00"
    named = video(tmp_path, "VID_20180629_010003.mp4", creation_time=UTC_TIME)
    assert str(probe(named).taken_at) == "2018-06-29 01:00:00"
    recorded = video(tmp_path, "tape.mkv", DATE_RECORDED="2018-06-28", DATE="2018")
    assert str(probe(recorded).taken_at) == "2018-06-28 00:00:00"


@pytest.mark.parametrize("said", [{"offset": "+09:00"}, {"gps": ("2018:06:28", (16, 0, 1))}, {}], ids=str)
def test_photos_beside_it_say_the_zone(tmp_path: Path, said: dict[str, object]) -> None:
    photo(tmp_path / "IMG_0001.jpg", **said)  # type: ignore[arg-type]
    photo(tmp_path / "IMG_0009.jpg", taken="2018:05:01 12:31:00")
    (tmp_path / "IMG_0002.jpg").write_bytes(b"no picture")
    assert str(probe(video(tmp_path, "IMG_0003.mp4", creation_time=UTC_TIME)).taken_at) == "2018-06-29 01:00:00"


def test_photos_of_other_days_and_minutes_say_nothing(tmp_path: Path, zone: str) -> None:
    photo(tmp_path / "a.jpg", taken="2018:05:01 12:00:00", offset="+09:00")
    photo(tmp_path / "d.jpg", taken="2018:06:29 01:17:00")
    taken = probe(video(tmp_path, creation_time=UTC_TIME)).taken_at
    assert str(taken) == ("2018-06-28 16:00:00" if zone == "UTC" else "2018-06-28 12:00:00")


@pytest.mark.parametrize(("place", "hour"), [(TOKYO, "29 01"), (BERLIN, "28 17"), ("+40.7-074.0/", "28 1")])
def test_the_place_says_it_roughly(tmp_path: Path, zone: str, place: str, hour: str) -> None:
    taken = probe(video(tmp_path, "a.mp4", creation_time=UTC_TIME, location=place)).taken_at
    if hour == "28 1":  # the machine knows its summer time
        hour += "1" if zone == "UTC" else "2"
    assert str(taken) == f"2018-06-{hour}:00:00"


@pytest.mark.parametrize(
    "never", ["1904-01-01T00:00:00Z", "1970-01-01T00:10:00Z", "1980-01-01T00:00:00Z", "2036-02-07T06:28:15Z"]
)
def test_clocks_that_were_never_set_are_not_believed(tmp_path: Path, never: str) -> None:
    assert probe(video(tmp_path, creation_time=never)).taken_at is None
