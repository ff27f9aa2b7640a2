"""Videos in all the states that files have: frames with the right seconds, the right way up, or a reason."""

from __future__ import annotations

import io
import os
import random
import shutil
import threading
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import psutil
import pytest
from fakes import COLORS
from media import audio_only, colour_of, drop_control_blocks, truncate, write_gif, write_video
from PIL import Image

from core.errors import MediaError
from core.media.isolated import probe_isolated
from core.media.sampling import Sampling
from core.media.video import Video, frame_at, probe
from core.previews.clips import cut_clip

pytestmark = pytest.mark.slow

SIX = ["red", "blue", "green", "yellow", "purple", "orange"]
PAIRS = list(zip(SIX[::2], SIX[1::2], strict=True))
Told = list[tuple[float, float, str]]


def told(path: Path | str | bytes, sampling: Sampling | None = None, *, start_s: float = 0.0) -> Told:
    """(start, end, colour) of each sampled frame."""
    with Video(path) as video:
        frames = video.frames(sampling or Sampling(), start_s=start_s)
        return [(round(frame.start_s, 3), round(frame.end_s, 3), colour_of(frame.image)) for frame in frames]


def damage(path: Path) -> tuple[float, str | None]:
    with Video(path) as video:
        for _ in video.frames():
            pass
        return video.read_s, video.damage


def noisy(path: Path, **options: object) -> Path:
    """A video whose bytes are spread evenly over its 12 seconds."""
    rng = np.random.default_rng(0)
    pictures = [Image.fromarray(rng.integers(0, 255, (90, 160, 3), np.uint8)) for _ in range(6)]
    return write_video(path, pictures, size=(160, 90), gop=10, **options)  # type: ignore[arg-type]


# sampling


def test_each_cell_has_the_frame_at_its_middle(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", [("red", 1.2), ("blue", 1.6), ("green", 1.2)])
    assert told(path) == [(0, 1, "red"), (1, 2, "blue"), (2, 3, "blue"), (3, 4, "green")]
    assert [color for *_, color in told(path, Sampling(5))] == ["red"] * 6 + ["blue"] * 8 + ["green"] * 6
    assert told(path, Sampling(0.5)) == [(0, 2, "red"), (2, 4, "green")]


def test_probe_tells_what_the_header_says(tmp_path: Path) -> None:
    path = write_video(
        tmp_path / "a.mp4", fps=30000 / 1001, size=(320, 180), metadata={"creation_time": "2021-07-04T12:30:00Z"}
    )
    info = probe(path)
    assert (info.width, info.height, info.rotation, info.codec) == (320, 180, 0, "h264")
    assert info.duration_s == pytest.approx(6.0, abs=0.05) and info.fps == pytest.approx(29.97, abs=0.01)
    assert info.taken_at is not None and (info.taken_at.year, info.taken_at.month) == (2021, 7)


@pytest.mark.parametrize("ending", ["mp4", "mov", "mkv", "webm", "avi", "ts", "mpg", "flv", "wmv", "gif", "3gp"])
def test_every_container_gives_the_same_seconds(tmp_path: Path, ending: str) -> None:
    codecs = {"webm": "libvpx-vp9", "avi": "mpeg4", "mpg": "mpeg2video", "wmv": "wmv2"}
    if ending == "gif":
        path = write_gif(tmp_path / "a.gif", SIX, seconds_each=2)
    else:
        path = write_video(tmp_path / f"a.{ending}", SIX, fps=25, codec=codecs.get(ending, "libx264"))
    frames = told(path)
    assert [color for *_, color in frames] == (SIX if ending == "gif" else [name for name in SIX for _ in "ab"])
    assert [start for start, *_ in frames] == list(range(0, 12, 2 if ending == "gif" else 1))
    assert frames[-1][1] == pytest.approx(12, abs=0.2)


def test_variable_frame_rate_and_long_stills(tmp_path: Path) -> None:
    times = [0, 0.1, 0.2, 3.0, 3.9, 4.0, 9.5]
    path = write_video(
        tmp_path / "a.mp4", [("red", 3), ("blue", 1), ("green", 4), ("white", 3)], times=times, b_frames=0
    )
    assert told(path) == [(0, 3, "red"), (3, 4, "blue"), (4, 9, "green"), (9, 9.6, "white")]


def test_a_gif_with_long_delays(tmp_path: Path) -> None:
    path = write_gif(tmp_path / "a.gif", ["red", "blue", "green"], seconds_each=3.6)
    assert told(path) == [(0, 4, "red"), (4, 7, "blue"), (7, 10.8, "green")]


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_a_gif_that_says_of_no_picture_how_long_it_is_shown(tmp_path: Path, kept: int) -> None:
    path = drop_control_blocks(write_gif(tmp_path / "a.gif", SIX), kept=kept)
    for source in (path, path.read_bytes()):
        with Video(source) as video:
            shown = [(round(at, 2), colour_of(video.display.picture(frame, None))) for at, frame in video.shown()]
            assert shown == [(round(min(n, kept) + 0.1 * max(0, n - kept), 2), name) for n, name in enumerate(SIX)]
            assert video.info.duration_s == pytest.approx(video.length_s) == pytest.approx(kept + 0.1 * (6 - kept))
            assert video.damage is None


def test_a_name_is_of_the_folder_in_which_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the process that decodes was started in another."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_gif(tmp_path / name / f"{name}.gif")
        monkeypatch.chdir(tmp_path / name)
        assert probe_isolated(f"{name}.gif").duration_s == pytest.approx(3.0)


def test_transparency_is_white(tmp_path: Path) -> None:
    clear = [Image.new("RGBA", (40, 40), (0, 0, 0, 0)) for _ in range(2)]
    clear[1].paste((200, 20, 20, 255), (0, 0, 5, 5))
    clear[0].save(tmp_path / "a.gif", save_all=True, append_images=clear[1:], duration=1000, disposal=2)
    assert frame_at(tmp_path / "a.gif", 0.5).getpixel((30, 30)) == (255, 255, 255)


@pytest.mark.parametrize("seconds", [0.01, 0.3])
def test_very_short_ones_have_a_frame(tmp_path: Path, seconds: float) -> None:
    frames = told(write_video(tmp_path / "a.mp4", ["green"], seconds_each=seconds))
    assert [(start, color) for start, _, color in frames] == [(0, "green")]


def test_keyframes_stand_for_the_time_to_the_next(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", SIX, gop=20, options={"sc_threshold": "0"})
    even = [(2.0 * n, 2.0 * n + 2, name) for n, name in enumerate(SIX)]
    assert told(path, Sampling(1, "keyframes")) == even
    assert [start for start, *_ in told(path, Sampling(0.25, "keyframes"))] == [0, 4, 8]
    assert damage(path)[1] is None


def test_scenes_are_cut_where_the_picture_changes(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", [("red", 1.3), ("blue", 2.5), ("yellow", 25), ("black", 2)], size=(64, 36))
    found = told(path, Sampling(1, "scenes"))
    assert [color for *_, color in found] == ["red", "blue", "yellow", "yellow", "yellow", "black"]
    assert [start for start, *_ in found] == pytest.approx([0, 1.3, 3.8, 12.133, 20.467, 28.8], abs=0.11)
    assert found[-1][1] == pytest.approx(30.8, abs=0.11)


# beginning anywhere


def moving(path: Path, **options: object) -> Path:
    return write_video(path, [(name, 1.7) for name in SIX], fps=24, gop=30, **options)  # type: ignore[arg-type]


def stepped() -> list[float]:
    random.seed(3)
    times, now = [], 0.0
    while now < 10.2:
        times.append(round(now, 3))
        now += random.choice([0.02, 0.04, 0.3, 1.2, 2.6])
    return times


MAKERS: dict[str, Callable[[Path], Path]] = {
    "b-frames": lambda folder: moving(folder / "a.mp4", b_frames=3),
    "open gop": lambda folder: moving(folder / "a.mkv", b_frames=3, options={"x264-params": "open-gop=1"}),
    "variable rate": lambda folder: moving(folder / "a.mp4", times=stepped(), b_frames=2),
    "webm": lambda folder: moving(folder / "a.webm", codec="libvpx-vp9"),
    "hevc": lambda folder: moving(folder / "a.mp4", codec="libx265"),
    "ts": lambda folder: moving(folder / "a.ts", b_frames=3),
    "avi": lambda folder: moving(folder / "a.avi", codec="mpeg4"),
    "mpg": lambda folder: moving(folder / "a.mpg", codec="mpeg2video"),
    "gif": lambda folder: write_gif(folder / "a.gif", SIX, seconds_each=1.7),
}


@pytest.mark.parametrize("how", MAKERS)
@pytest.mark.parametrize(
    "sampling", [Sampling(1), Sampling(3), Sampling(1, "keyframes"), Sampling(1, "scenes")], ids=str
)
def test_beginning_later_gives_exactly_the_tail(tmp_path: Path, how: str, sampling: Sampling) -> None:
    path = MAKERS[how](tmp_path)
    with Video(path) as video:
        whole = [(f.start_s, f.end_s, f.time_s, f.image.tobytes()) for f in video.frames(sampling)]
        assert whole
        for k in {1, len(whole) // 2, len(whole) - 1, len(whole)}:
            begin = float(np.float32(whole[k][0] if k < len(whole) else whole[-1][1]))  # as the tables keep it
            tail = [(f.start_s, f.end_s, f.time_s, f.image.tobytes()) for f in video.frames(sampling, start_s=begin)]
            assert [row[:3] for row in tail] == [row[:3] for row in whole[k:]], k
            assert tail == whole[k:]


def test_frame_at_any_time(tmp_path: Path) -> None:
    path = moving(tmp_path / "a.mp4", b_frames=3)
    times = [9.9, -1.0, 0.0, 1.7, 1.71, 5.2, 99.0, 5.2]
    with Video(path) as video:
        found = [colour_of(image) for image in video.pictures_at(times)]
    assert found == ["orange", "red", "red", "red", "blue", "yellow", "orange", "yellow"]
    assert [colour_of(frame_at(path, time_s)) for time_s in times] == found


def test_cancel_ends_it_within_a_frame(tmp_path: Path) -> None:
    cancel = threading.Event()
    with Video(write_video(tmp_path / "a.mp4", SIX)) as video:
        frames = video.frames(cancel=cancel)
        assert next(frames).start_s == 0
        cancel.set()
        assert list(frames) == []
        assert list(video.frames(Sampling(1, "scenes"), cancel=cancel)) == []


# what is upright, and how wide


def corners(image: Image.Image) -> list[str]:
    """The colours of the quarters: upper left, upper right, lower left, lower right."""
    w, h = image.size
    boxes = [(0, 0, w // 2, h // 2), (w // 2, 0, w, h // 2), (0, h // 2, w // 2, h), (w // 2, h // 2, w, h)]
    return [colour_of(image.crop(box)) for box in boxes]


def quarters(size: tuple[int, int] = (160, 80)) -> Image.Image:
    image = Image.new("RGB", size)
    w, h = size[0] // 2, size[1] // 2
    for name, place in zip(["red", "green", "blue", "yellow"], [(0, 0), (w, 0), (0, h), (w, h)], strict=True):
        image.paste(Image.new("RGB", (w, h), COLORS[name]), place)
    return image


@pytest.mark.parametrize(
    ("rotation", "seen"),
    [
        (0, ["red", "green", "blue", "yellow"]),
        (90, ["blue", "red", "yellow", "green"]),
        (180, ["yellow", "blue", "green", "red"]),
        (270, ["green", "yellow", "red", "blue"]),
    ],
)
@pytest.mark.parametrize("mirrored", [False, True])
def test_turned_phone_videos_come_upright(tmp_path: Path, rotation: int, seen: list[str], mirrored: bool) -> None:
    path = write_video(tmp_path / "a.mp4", [quarters()], size=(160, 80), rotation=rotation, mirrored=mirrored)
    info, image = probe(path), frame_at(path, 1.0)
    if mirrored:
        seen = [seen[1], seen[0], seen[3], seen[2]]
    assert corners(image) == seen
    assert corners(frame_at(cut_clip(path, 0.0, 1.0), 0.5)) == seen
    assert image.size == (info.width, info.height) == ((80, 160) if rotation % 180 else (160, 80))
    assert mirrored or info.rotation == rotation


def test_pixels_that_are_not_square(tmp_path: Path) -> None:
    wide = write_video(tmp_path / "wide.mp4", [quarters()], size=(160, 80), aspect=Fraction(4, 3))
    assert (probe(wide).width, probe(wide).height) == frame_at(wide, 0).size == (213, 80)
    turned = write_video(tmp_path / "turned.mp4", [quarters()], size=(160, 80), aspect=Fraction(4, 3), rotation=90)
    assert frame_at(turned, 0).size == (80, 213) and corners(frame_at(turned, 0)) == ["blue", "red", "yellow", "green"]


def test_min_side_shrinks_but_not_below(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", ["red"], size=(1280, 720))
    assert frame_at(path, 0, min_side=224).size == (426, 240)
    assert frame_at(path, 0, min_side=2000).size == (1280, 720)


@pytest.mark.parametrize(("codec", "pixels"), [("libx265", "yuv420p10le"), ("libx264", "yuv444p"), ("ffv1", "gray")])
def test_deep_and_odd_pixels(tmp_path: Path, codec: str, pixels: str) -> None:
    path = write_video(tmp_path / "a.mkv", ["white", "black"], codec=codec, pix_fmt=pixels, size=(98, 54))
    assert [color for *_, color in told(path)] == ["white", "white", "black", "black"]
    odd = write_video(tmp_path / "odd.mp4", ["red"], size=(97, 53), pix_fmt="yuv444p")
    assert frame_at(odd, 0).size == (97, 53)


# clocks


def remux(source: Path, target: io.BytesIO, container: str, *, pts: Callable[[int, int], int]) -> bytes:
    """The same packets with other times: pts(number, time) -> time."""
    with av.open(str(source)) as read, av.open(target, "w", format=container) as written:
        stream = read.streams.video[0]
        copy = written.add_stream_from_template(stream)
        for number, packet in enumerate(packet for packet in read.demux(stream) if packet.dts is not None):
            packet.pts = packet.dts = pts(number, packet.pts or 0)
            packet.stream = copy
            written.mux(packet)
    return target.getvalue()


class Pipe(io.BytesIO):
    """Nothing can be written again, as on a live stream."""

    def seekable(self) -> bool:
        return False


def test_a_stream_that_does_not_know_its_length(tmp_path: Path) -> None:
    data = remux(write_video(tmp_path / "a.mkv", b_frames=0), Pipe(), "matroska", pts=lambda _, time: time)
    with Video(data) as video:
        assert video.info.duration_s is None
        assert [frame.end_s for frame in video.frames()] == pytest.approx([1, 2, 3, 4, 5, 6], abs=0.01)
        assert video.read_s == pytest.approx(6.0, abs=0.01) and video.damage is None
        assert colour_of(video.frame_at(4.5)) == "green"


def test_a_clock_that_starts_anew_or_leaps(tmp_path: Path) -> None:
    parts = [write_video(tmp_path / f"{n}.ts", colors) for n, colors in enumerate([["red", "blue"], ["green"]])]
    spliced = tmp_path / "spliced.ts"
    spliced.write_bytes(b"".join(part.read_bytes() for part in parts))
    assert [color for *_, color in told(spliced)] == ["red", "red", "blue", "blue", "green", "green"]
    assert told(spliced, start_s=4.0) == told(spliced)[4:]
    source = write_video(tmp_path / "b.ts", b_frames=0)
    leaping = remux(source, io.BytesIO(), "mpegts", pts=lambda n, time: time + (90_000 * 5000 if n >= 30 else 0))
    assert told(leaping)[-1][1] == pytest.approx(6.0, abs=0.1)


def test_pictures_after_a_splice_are_those_of_the_frames(tmp_path: Path) -> None:
    parts = [write_video(tmp_path / f"{first}.ts", [first, second], seconds_each=10, gop=10) for first, second in PAIRS]
    spliced = tmp_path / "spliced.ts"
    spliced.write_bytes(b"".join(part.read_bytes() for part in parts))
    with Video(spliced) as video:
        assert [colour_of(image) for image in video.pictures_at([55, 5, 25, 15, 45, 35])] == [
            "orange", "red", "green", "blue", "purple", "yellow",
        ]  # fmt: skip
    assert colour_of(frame_at(spliced, 1e4)) == "orange"
    assert [color for *_, color in told(cut_clip(spliced, 38.5, 42.5))] == ["yellow", "purple", "purple", "purple"]


def test_a_leap_forwards_is_no_damage(tmp_path: Path) -> None:
    source = write_video(tmp_path / "a.ts", b_frames=0)
    leaping = tmp_path / "leaping.ts"
    leaping.write_bytes(remux(source, io.BytesIO(), "mpegts", pts=lambda n, time: time + 450_000_000 * (n >= 30)))
    read_s, why = damage(leaping)
    assert read_s == pytest.approx(6.0, abs=0.1) and why is None


def test_no_times_at_all(tmp_path: Path) -> None:
    with av.open(str(write_video(tmp_path / "a.mp4", b_frames=0))) as read:
        stream = read.streams.video[0]
        bits = av.bitstream.BitStreamFilterContext("h264_mp4toannexb", stream)
        raw = b"".join(bytes(out) for packet in read.demux(stream) for out in bits.filter(packet))
    with pytest.raises(MediaError, match="Not a video"):  # a bare stream is no file that people have
        probe(raw)


def test_sound_that_begins_first_counts(tmp_path: Path) -> None:
    source = write_video(
        tmp_path / "a.mp4", ["red", "blue"], audio=True, times=[1 + n / 10 for n in range(30)], b_frames=0
    )
    assert told(source)[0][:2] == (1, 2)  # players show nothing for the first second
    assert colour_of(frame_at(source, 2.5)) == "blue"


# what cannot be read, or not all of it


def test_cut_off_without_its_index(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"cut off.*copy the file again"):
        probe(truncate(write_video(tmp_path / "a.mp4"), 0.6))


@pytest.mark.parametrize("ending", ["mp4", "mkv", "webm"])
def test_cut_off_with_its_index(tmp_path: Path, ending: str) -> None:
    options = {"container": {"movflags": "faststart"}} if ending == "mp4" else {}
    if ending == "webm":
        options["codec"] = "libvpx-vp9"  # type: ignore[assignment]
    path = truncate(noisy(tmp_path / f"a.{ending}", **options), 0.5)
    read_s, says = damage(path)
    assert 4 < read_s < 8
    assert says is not None and f"first {read_s:.1f} of 12.0 s" in says and "copy the file again" in says
    assert told(path)[-1][1] == pytest.approx(read_s, abs=0.01)
    assert frame_at(path, 11.0).size == (160, 90)  # the last that there is


@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts"])
def test_damage_in_the_middle_is_passed_over(tmp_path: Path, ending: str, capfd: pytest.CaptureFixture[str]) -> None:
    path = noisy(tmp_path / f"a.{ending}")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + len(data) // 10] = random.Random(1).randbytes(len(data) // 10)
    path.write_bytes(data)
    read_s, says = damage(path)
    assert read_s == pytest.approx(12.0, abs=0.2)
    if ending != "ts":  # whose decoder patches what is lost, and does not tell
        assert says is not None and "s of it are damaged" in says
    assert told(path)[-1][0] >= 11
    assert capfd.readouterr() == ("", "")


def test_an_end_that_is_merely_shorter_than_the_sound_is_no_damage(tmp_path: Path) -> None:
    for ending in ("mp4", "mkv"):
        path = tmp_path / f"a.{ending}"
        write_video(path, [("red", 6.0)], audio=True, times=[n / 10 for n in range(30)], b_frames=0)
        assert damage(path)[1] is None, ending


def test_what_is_no_video_has_a_reason(tmp_path: Path) -> None:
    good = write_video(tmp_path / "good.mp4")
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("these are words " * 1000)
    (tmp_path / "hls.mp4").write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{good}\n#EXT-X-ENDLIST\n")
    (tmp_path / "concat.mp4").write_text(f"ffconcat version 1.0\nfile '{good}'\n")
    audio_only(tmp_path / "sound.mp4")
    os.mkfifo(tmp_path / "pipe.mp4")
    for name, says in {
        "empty.mp4": "empty", "text.mp4": "Not a video", "hls.mp4": "Not a video", "concat.mp4": "Not a video",
        "sound.mp4": "sound only", "pipe.mp4": "pipe", "gone.mp4": "not there", ".": "folder", "a\0b": "Not a video",
    }.items():  # fmt: skip
        with pytest.raises(MediaError, match=says) as caught:
            probe(f"{tmp_path}/{name}")
        assert str(caught.value).endswith("."), name
    for data in (b"", b"\0" * 100, (tmp_path / "hls.mp4").read_bytes()):
        with pytest.raises(MediaError, match="Not a video"):
            probe(data)


def test_no_frames(tmp_path: Path) -> None:
    path = tmp_path / "none.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        output.start_encoding()
    with pytest.raises(MediaError):
        probe(path)


def test_the_cover_of_a_song_is_no_video(tmp_path: Path) -> None:
    cover = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(cover, "JPEG")
    song = audio_only(tmp_path / "a.m4a")
    with av.open(str(song)) as read, av.open(str(tmp_path / "song.mp4"), "w") as written:
        copy = written.add_stream_from_template(read.streams.audio[0])
        picture = written.add_stream("mjpeg", rate=1)
        picture.width, picture.height, picture.pix_fmt = 64, 64, "yuvj420p"
        picture.disposition = av.stream.Disposition.attached_pic
        for packet in read.demux(read.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = copy
                written.mux(packet)
        packet = av.Packet(cover.getvalue())
        packet.stream, packet.pts, packet.dts, packet.time_base = picture, 0, 0, Fraction(1, 1)
        written.mux(packet)
    with pytest.raises(MediaError, match="sound only"):
        probe(tmp_path / "song.mp4")


@pytest.mark.parametrize(
    "name", ["-dash.mp4", "a#b%20?c.mp4", "a:b.mp4", "file:x.mp4", "ünï 日本.mp4", "%03d.mp4", "b\udce9.mp4"]
)
def test_any_name_will_do(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_video(tmp_path / "plain.mp4", ["blue"])
    shutil.copy(path, tmp_path / name)
    path.unlink()
    assert told(tmp_path / name) == [(0, 1, "blue"), (1, 2, "blue")]
    monkeypatch.chdir(tmp_path)
    assert told(Path(name)) == told(tmp_path / name) == told((tmp_path / name).read_bytes())


def test_memory_stays_flat(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", SIX, fps=5, seconds_each=20, size=(640, 360))  # 400 MB of pictures
    process = psutil.Process()
    with Video(path) as video:
        frames = video.frames(min_side=224)
        for _ in range(10):
            next(frames)
        before = process.memory_info().rss
        assert sum(1 for _ in frames) == 110
    assert process.memory_info().rss - before < 40_000_000
