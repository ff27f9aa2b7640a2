"""Clips and small pictures of videos: exact in time, upright, playable, kept by content."""

from __future__ import annotations

import hashlib
import io
import os
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest
from fakes import COLORS
from media import audio_only, colour_of, truncate, write_gif, write_video
from PIL import Image

import core.media.isolated
from core.config import get_home
from core.errors import MediaError, TooSlow
from core.library.schema import Item
from core.media.sampling import Sampling
from core.media.video import Video, probe
from core.media.video_files.container import is_playable
from core.previews import cache as failed
from core.previews.clips import cut_clip, playable_clip
from core.previews.thumbnails import make_storyboard, make_thumbnail
from core.progress import Progress, Task
from core.utils.cache_folder import CacheFolder

pytestmark = pytest.mark.slow


def item_of(path: Path) -> Item:
    info, found = probe(path), path.stat()
    digest = hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
    facts = {"content_hash": digest, "width": info.width, "height": info.height, "duration_s": info.duration_s}
    return Item("1", str(path), "video", "ok", found.st_size, found.st_mtime_ns, **facts)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEMBLANCE_HOME", str(tmp_path / "home"))


def colours(data: bytes | Path, fps: float = 10) -> list[str]:
    """The colour on the screen at each step."""
    with Video(data) as video:
        frames = list(video.frames(Sampling(fps)))
    return [colour_of(frame.image) for frame in frames for _ in range(round((frame.end_s - frame.start_s) * fps))]


def picture(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


# clips

SOURCES = {
    "a.mp4": {},
    "b.mp4": {"b_frames": 3, "gop": 60},
    "a.mkv": {"codec": "libx265", "pix_fmt": "yuv420p10le"},
    "a.webm": {"codec": "libvpx-vp9"},
    "a.avi": {"codec": "mpeg4"},
    "a.ts": {"b_frames": 2},
    "v.mp4": {"times": [0, 0.1, 1.0, 2.0, 2.7, 4.0, 4.1, 5.9], "b_frames": 0},
    "odd.mkv": {"codec": "ffv1", "pix_fmt": "yuv444p", "size": (161, 91)},
}


@pytest.mark.parametrize("name", SOURCES)
def test_a_clip_has_exactly_its_seconds(tmp_path: Path, name: str) -> None:
    data = cut_clip(write_video(tmp_path / name, **SOURCES[name]), 1.5, 4.5)  # type: ignore[arg-type]
    info = probe(data)
    assert (info.codec, info.duration_s) == ("h264", pytest.approx(3.0, abs=0.02))
    assert colours(data) == ["red"] * 5 + ["blue"] * 20 + ["green"] * 5
    assert is_playable(data)
    assert 0 < data.find(b"moov") < data.find(b"mdat")  # plays before it has come whole


def test_a_clip_of_a_gif_and_its_last_still(tmp_path: Path) -> None:
    path = write_gif(tmp_path / "a.gif", ["red", "blue", "green"], seconds_each=3)
    assert colours(cut_clip(path, 2.5, 20.0), 2) == ["red"] + ["blue"] * 6 + ["green"] * 6


def test_a_turned_video_becomes_an_upright_clip(tmp_path: Path) -> None:
    shot = Image.new("RGB", (160, 80), COLORS["blue"])
    shot.paste(COLORS["red"], (0, 0, 80, 80))  # left; a turn clockwise brings it on top
    path = write_video(tmp_path / "a.mp4", [shot], size=(160, 80), rotation=90)
    with Video(cut_clip(path, 0.0, 1.0)) as video:
        image = video.frame_at(0.5)
        assert image.size == (80, 160) and video.info.rotation == 0
    assert (colour_of(image.crop((0, 0, 80, 70))), colour_of(image.crop((0, 90, 80, 160)))) == ("red", "blue")


@pytest.mark.parametrize(
    "coding",
    [
        {"pix_fmt": "yuvj420p"},
        {"codec": "libx265", "pix_fmt": "yuv420p10le"},
        {"codec": "libx264rgb", "pix_fmt": "rgb24"},
        {"options": {"colorspace": "bt709", "color_primaries": "bt709", "color_trc": "bt709"}},
    ],
)
def test_colours_stay_as_they_are(tmp_path: Path, coding: dict[str, object]) -> None:
    path = write_video(tmp_path / "a.mkv", ["orange"], **coding)  # type: ignore[arg-type]
    with Video(path) as before, Video(cut_clip(path, 0.0, 1.0)) as after:
        means = [np.asarray(video.frame_at(0.5), float).mean(axis=(0, 1)) for video in (before, after)]
    assert np.abs(means[0] - means[1]).max() < 4


def test_large_pictures_are_shrunk_to_even_sizes(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", ["red"], size=(642, 358))
    assert (probe(cut_clip(path, 0, 1, max_side=320)).width, probe(cut_clip(path, 0, 1, max_side=320)).height) == (
        320,
        178,
    )
    assert probe(cut_clip(path, 0, 1)).width == 642


def sound(data: bytes) -> tuple[np.ndarray, float]:
    """(samples at 48 kHz, loudest frequency)."""
    with av.open(io.BytesIO(data)) as container:
        samples = np.concatenate([frame.to_ndarray().mean(axis=0) for frame in container.decode(audio=0)])
    return samples, float(np.argmax(np.abs(np.fft.rfft(samples))) * 48_000 / len(samples))


@pytest.mark.parametrize("ending", ["mp4", "webm", "ts"])
def test_the_sound_comes_along_in_step(tmp_path: Path, ending: str) -> None:
    codec = {"codec": "libvpx-vp9"} if ending == "webm" else {}
    path = write_video(tmp_path / f"a.{ending}", audio=True, **codec)  # type: ignore[arg-type]
    samples, pitch = sound(cut_clip(path, 2.0, 5.0))
    assert pitch == pytest.approx(440, abs=2)
    assert len(samples) / 48_000 == pytest.approx(3.0, abs=0.06)
    silent_end, _ = sound(cut_clip(path, 5.0, 6.0))
    assert len(silent_end) / 48_000 == pytest.approx(1.0, abs=0.06)


def test_sound_that_begins_late_stays_late(tmp_path: Path) -> None:
    path = tmp_path / "late.mkv"
    with av.open(str(path), "w") as output:
        picture, tone = output.add_stream("libx264", rate=10), output.add_stream("aac", rate=48_000)
        picture.width, picture.height, picture.pix_fmt = 64, 36, "yuv420p"
        for number in range(40):
            frame = av.VideoFrame.from_image(Image.new("RGB", (64, 36), "red"))
            frame.pts = number
            output.mux(picture.encode(frame))
        output.mux(picture.encode(None))
        for start in range(2 * 48_000, 4 * 48_000, 1024):
            wave = np.sin(2 * np.pi * 440 * np.arange(1024) / 48_000).astype(np.float32)[None]
            block = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
            block.sample_rate, block.pts = 48_000, start
            output.mux(tone.encode(block))
        output.mux(tone.encode(None))
    samples, _ = sound(cut_clip(path, 1.0, 3.0))
    loud = np.abs(samples) > 0.1
    assert not loud[: 48_000 - 3000].any() and loud[48_000 + 3000 :].any()
    assert np.argmax(loud) / 48_000 == pytest.approx(1.0, abs=0.06)


def test_a_clip_across_a_splice_has_its_pictures_and_sound(tmp_path: Path) -> None:
    parts = [write_video(tmp_path / f"{color}.ts", [color], seconds_each=5, audio=True) for color in ("red", "blue")]
    spliced = tmp_path / "spliced.ts"
    spliced.write_bytes(b"".join(part.read_bytes() for part in parts))
    assert colours(cut_clip(spliced, 3, 7), fps=1) == ["red", "red", "blue", "blue"]
    heard, _ = sound(cut_clip(spliced, 6, 9))
    assert np.abs(heard[:100_000]).max() > 0.1 and len(heard) >= 3 * 44_000


def test_what_cannot_be_cut_has_a_reason(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4")
    with pytest.raises(MediaError, match=r"ends before 60.0 s"):
        cut_clip(path, 60.0, 70.0)
    with pytest.raises(MediaError, match="sound only"):
        cut_clip(audio_only(tmp_path / "b.m4a"), 0, 1)
    late = write_video(tmp_path / "c.mkv", [("red", 5.0)], times=[3 + n / 10 for n in range(20)], audio=True)
    assert probe(cut_clip(late, 0, 2)).duration_s  # before the first picture: that picture
    assert probe(cut_clip(path, 5.5, 60.0)).duration_s == pytest.approx(0.5, abs=0.02)
    assert probe(cut_clip(path, 3.0, 3.0)).duration_s == pytest.approx(0.04, abs=0.02)


def test_cutting_tells_how_far_it_is_and_can_be_stopped(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", seconds_each=4)
    predictions: list[Progress] = []
    cut_clip(path, 2.0, 11.0, task=Task(predictions.append))
    assert [now.done for now in predictions] == sorted(now.done for now in predictions)
    assert predictions[-1].done == predictions[-1].total == 9 and predictions[-1].unit == "seconds"
    cancel = threading.Event()
    with pytest.raises(MediaError, match="cancelled"):
        cut_clip(path, 0.0, 11.0, task=Task(lambda now: cancel.set(), cancel))


def test_what_browsers_play(tmp_path: Path) -> None:
    plays = {
        "a.mp4": {}, "s.mp4": {"audio": True}, "a.webm": {"codec": "libvpx-vp9", "audio": True},
        "a.mkv": {}, "a.mov": {}, "a.ts": {}, "a.avi": {"codec": "mpeg4"}, "p.mp4": {"codec": "mpeg4"},
        "h.mp4": {"codec": "libx265"}, "t.mp4": {"pix_fmt": "yuv444p"},
    }  # fmt: skip
    found = {name for name, options in plays.items() if is_playable(write_video(tmp_path / name, **options))}  # type: ignore[arg-type]
    assert found == {"a.mp4", "s.mp4", "a.webm"}
    assert not is_playable(write_gif(tmp_path / "a.gif")) and not is_playable(tmp_path / "gone.mp4")
    assert not is_playable(truncate(tmp_path / "a.mp4", 0.5))


def test_previews_are_around_the_second_and_made_once(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.avi", [(name, 20.0) for name in ("red", "blue", "green")], codec="mpeg4", fps=5)
    item = item_of(path)
    clip = playable_clip(item, 31.0)
    assert clip.offset_s <= 31.0 - 15 and clip.offset_s + clip.duration_s >= 31.0 + 15
    assert probe(clip.data).duration_s == pytest.approx(clip.duration_s, abs=0.05)
    at = 20.0 - clip.offset_s
    with Video(clip.data) as video:
        assert [colour_of(video.frame_at(at + step)) for step in (-0.1, 0.3)] == ["red", "blue"]
    path.unlink()
    assert playable_clip(item, 30.4) == clip  # a neighbour shares it
    with pytest.raises(MediaError, match="not there"):
        playable_clip(item, 5.0)


def test_previews_at_the_ends(tmp_path: Path) -> None:
    item = item_of(write_video(tmp_path / "a.avi", codec="mpeg4"))
    assert (playable_clip(item, 0.0).offset_s, playable_clip(item, 0.0).duration_s) == (0.0, 6.0)
    late = playable_clip(item, 6.0, around_s=1.0)
    assert late.offset_s < 6.0 and late.offset_s + late.duration_s == 6.0


# small pictures


def test_a_thumbnail_is_the_picture_of_that_second(tmp_path: Path) -> None:
    item = item_of(write_video(tmp_path / "a.mp4", [("black", 0.4), ("red", 3.6), ("blue", 4.0)], size=(640, 320)))
    assert colour_of(picture(make_thumbnail(item))) == "red"  # a tenth into it
    assert picture(make_thumbnail(item, side=200)).size == (200, 100)
    assert colour_of(picture(make_thumbnail(item, time_s=6.0))) == "blue"
    assert colour_of(picture(make_thumbnail(item, time_s=0.0))) == "black"
    assert colour_of(picture(make_thumbnail(item, time_s=99.0))) == "blue"


def test_a_storyboard_keeps_the_order_asked_for_and_each_picture(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", ["red", "blue", "green"], seconds_each=20, fps=5)
    item = item_of(path)
    times = [50.0, 10.0, 30.0, 10.0]
    made = make_storyboard(item, times)
    assert [colour_of(picture(data)) for data in made] == ["green", "red", "blue", "red"]
    assert max(picture(made[0]).size) == 160
    path.unlink()
    assert make_storyboard(item, [10.0, 50.0]) == [made[1], made[0]]
    with pytest.raises(MediaError, match="not there"):
        make_storyboard(item, [10.0, 20.0])
    assert make_storyboard(item, []) == []


def test_a_changed_file_is_not_kept_under_the_old_name(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", ["red"])
    item = item_of(path)
    write_video(path, ["blue", "blue"])
    assert colour_of(picture(make_thumbnail(item))) == "blue"
    assert not list(get_home().glob("thumbnails/**/*.webp"))


def test_a_file_on_which_decoding_hangs_is_not_waited_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_video(tmp_path / "a.mp4", ["red", "blue"])
    tries, took_s = [], [0.0]
    monkeypatch.setattr(failed, "time", SimpleNamespace(monotonic=lambda: 1e6 + took_s[0]))

    def hangs(*_: object, **__: object) -> None:
        tries.append(1)
        raise TooSlow("Decoding it takes too long")

    monkeypatch.setattr(core.media.isolated, "read_stills", hangs)
    for _ in range(3):
        with pytest.raises(MediaError, match="too long"):
            make_thumbnail(item_of(path), time_s=1.0)
    assert len(tries) == 1
    with pytest.raises(MediaError, match="too long"):
        make_thumbnail(item_of(path), time_s=2.0)
    assert len(tries) == 2, "another second may do"
    took_s[0] += 601
    with pytest.raises(MediaError, match="too long"):
        make_thumbnail(item_of(path), time_s=1.0)
    assert len(tries) == 3, "after a while it is tried again"
    photo = item_of(write_gif(tmp_path / "a.gif", ["red"]))
    photo = replace(photo, kind="image")
    monkeypatch.setattr(core.media.isolated, "open_isolated", hangs)
    for _ in range(2):
        with pytest.raises(MediaError, match="too long"):
            make_thumbnail(photo)
    assert len(tries) == 4, "so it is with pictures"

    def fails(*_: object, **__: object) -> None:
        tries.append(1)
        raise MediaError("No permission")

    monkeypatch.setattr(core.media.isolated, "read_stills", fails)
    for _ in range(2):
        with pytest.raises(MediaError, match="permission"):
            make_thumbnail(item_of(path), time_s=4.0)
    assert len(tries) == 6, "what ends by itself is tried each time"
    monkeypatch.undo()
    write_video(path, ["blue", "blue"])
    assert colour_of(picture(make_thumbnail(item_of(path), time_s=1.0))) == "blue", (
        "so it is where the file has changed"
    )


def test_what_is_kept_stays_within_its_limit(tmp_path: Path) -> None:
    for age, name in enumerate(["new", "middle", "old"]):
        (tmp_path / name).write_bytes(bytes(400))
        os.utime(tmp_path / name, (1e9 - age, 1e9 - age))
    CacheFolder(tmp_path, max_bytes=1200).limit()
    assert len(list(tmp_path.iterdir())) == 3
    CacheFolder(tmp_path, max_bytes=1100).limit()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["middle", "new"]
