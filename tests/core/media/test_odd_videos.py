"""Whole videos that programs write in unusual ways: read to their end, with the right pictures, and no reason."""

from __future__ import annotations

import heapq
import io
import struct
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from fakes import COLORS, ColorEncoder
from media import colour_of, truncate, write_video
from PIL import Image

from core.errors import MediaError
from core.library import Item, Library, ingest
from core.library.ingest.scan import scan
from core.library.track import embed_video
from core.media.isolated import IsolatedVideo, probe_isolated, read_stills
from core.media.kinds import is_media_file
from core.media.sampling import Sampling
from core.previews.clips import cut_clip

pytestmark = pytest.mark.slow

SIX = ["red", "blue", "green", "yellow", "purple", "orange"]  # two seconds each
TITLE = {"title": "Cafe"}
Maker = Callable[[Path], Path]


def plain(folder: Path, ending: str = "mp4", codec: str = "libx264", **options: object) -> Path:
    """Six colors, with a keyframe every two seconds."""
    return write_video(folder / f"plain.{ending}", SIX, size=(64, 48), codec=codec, b_frames=0, gop=20, **options)  # type: ignore[arg-type]


def patched(path: Path, after: bytes, skip: int, value: bytes) -> Path:
    """Overwrites bytes that stand `skip` after the first `after`."""
    data = bytearray(path.read_bytes())
    at = data.index(after) + len(after) + skip
    data[at : at + len(value)] = value
    path.write_bytes(data)
    return path


def replaced(path: Path, before: bytes, value: bytes) -> Path:
    data = path.read_bytes()
    assert before in data
    path.write_bytes(data.replace(before, value))
    return path


def pictures(path: Path, kind: str, codec: str, orientation: int = 1) -> Path:
    """A file of whole pictures with EXIF, red to orange, one each two seconds; the upper edge is black."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    with av.open(str(path), "w") as output:
        stream = output.add_stream(codec, rate=Fraction(1, 2))
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p" if codec == "mjpeg" else "rgb24"
        for number, name in enumerate(SIX):
            image, data = Image.new("RGB", (64, 48), COLORS[name]), io.BytesIO()
            image.paste("black", (0, 0, 64, 4))
            image.save(data, kind, exif=exif)
            packet = av.Packet(data.getvalue())
            packet.stream, packet.pts, packet.dts, packet.time_base = stream, number, number, Fraction(2, 1)
            packet.duration, packet.is_keyframe = 1, True
            output.mux(packet)
    return path


def moved(folder: Path, ending: str, by_s: float, *, first: int = 0) -> Path:
    """The plain video with its packets from number `first` on later by some seconds."""
    path = folder / f"moved.{ending}"
    options = {"avoid_negative_ts": "disabled"}
    with av.open(str(plain(folder))) as read, av.open(str(path), "w", container_options=options) as output:
        stream = output.add_stream_from_template(read.streams.video[0])
        for number, packet in enumerate(packet for packet in read.demux(video=0) if packet.size):
            packet.pts = packet.dts = (packet.pts or 0) + round(by_s / packet.time_base) * (number >= first)
            packet.stream = stream
            output.mux(packet)
    return path


def live(folder: Path, says_s: float, *, first: int = 0) -> Path:
    """A recorded stream whose clock began long before."""
    return patched(moved(folder, "flv", 5000.0, first=first), b"duration", 1, seconds(says_s))


def with_sound(path: Path, names: list[str], times: list[float], *, seconds: float = 6.0) -> Path:
    """Colors, each an equal part of the times, beside so many seconds of silence, packet by packet."""
    codecs = {".webm": ("libvpx", "libopus"), ".avi": ("mpeg4", "mp2"), ".mpg": ("mpeg2video", "mp2")}
    codecs |= {".wmv": ("wmv2", "libmp3lame")}
    codec, sound_codec = codecs.get(path.suffix, ("libx264", "aac"))
    with av.open(str(path), "w") as output:
        stream, sound = output.add_stream(codec, rate=10), output.add_stream(sound_codec, rate=48_000)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.max_b_frames, stream.codec_context.gop_size = 0, 20
        packets = heapq.merge(
            encoded_colors(stream, names, times), encoded_silence(sound, seconds), key=lambda p: p.dts * p.time_base
        )
        for packet in packets:
            output.mux(packet)
    return path


def encoded_colors(stream: Any, names: list[str], times: list[float]) -> Iterator[Any]:
    for number, time_s in enumerate(times):
        color = COLORS[names[number * len(names) // len(times)]]
        frame = av.VideoFrame.from_image(Image.new("RGB", (64, 48), color)).reformat(format="yuv420p")
        frame.pts, frame.time_base = round(time_s * 10), Fraction(1, 10)
        yield from stream.encode(frame)
    yield from stream.encode(None)


def encoded_silence(sound: Any, seconds: float) -> Iterator[Any]:
    context = sound.codec_context
    for start in range(0, int(seconds * 48_000), 960):
        frame = av.AudioFrame(context.format.name, context.layout.name, 960)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate, frame.pts, frame.time_base = 48_000, start, Fraction(1, 48_000)
        yield from sound.encode(frame)
    yield from sound.encode(None)


def switched(folder: Path) -> Path:
    """A transport stream to which sound comes in the middle, in a program of its own."""
    first = write_video(folder / "a.ts", SIX[:3], size=(64, 48), b_frames=0)
    options = {"mpegts_pmt_start_pid": "4097", "mpegts_service_id": "2"}
    second = write_video(folder / "b.ts", SIX[3:], size=(64, 48), b_frames=0, audio=True, container=options)
    first.write_bytes(first.read_bytes() + second.read_bytes())
    return first


def seconds(value: float) -> bytes:
    return struct.pack(">d", value)


WHOLE: dict[str, Maker] = {
    "pictures in avi": lambda folder: pictures(folder / "a.avi", "JPEG", "mjpeg"),
    "pictures in mkv": lambda folder: pictures(folder / "a.mkv", "JPEG", "mjpeg"),
    "pictures in mov": lambda folder: pictures(folder / "a.mov", "PNG", "png"),
    "flv says 3 s": lambda folder: patched(plain(folder, "flv"), b"duration", 1, seconds(3.0)),
    "mkv says 3 s": lambda folder: replaced(plain(folder, "mkv"), seconds(12e3), seconds(3e3)),
    "mkv tag says 3 s": lambda folder: replaced(plain(folder, "mkv"), b"00:00:12.", b"00:00:03."),
    "mkv tag says 60 s": lambda folder: replaced(plain(folder, "mkv"), b"00:00:12.", b"00:01:00."),
    "mkv says 60 s, its tag 12 s": lambda folder: replaced(plain(folder, "mkv"), seconds(12e3), seconds(6e4)),
    "mp4 says 3 s": lambda folder: patched(plain(folder), b"mdhd", 16, struct.pack(">I", 3 * 10_240)),
    "avi counts 30 frames": lambda folder: patched(plain(folder, "avi", "mpeg4"), b"strh", 36, struct.pack("<I", 30)),
    "mkv from 5 s": lambda folder: moved(folder, "mkv", 5.0),
    "mkv from 5000 s": lambda folder: moved(folder, "mkv", 5000.0),
    "mkv from -2 s": lambda folder: moved(folder, "mkv", -2.0),
    "ts from -2 s": lambda folder: moved(folder, "ts", -2.0),
    "mp4 from 5 s": lambda folder: moved(folder, "mp4", 5.0),
    "live flv": lambda folder: live(folder, 0.0),
    "live flv that says its end": lambda folder: live(folder, 5012.0),
    "live flv, the first at 0": lambda folder: live(folder, 0.0, first=1),
    "a stream in the middle": switched,
    "latin-1 title in mp4": lambda folder: replaced(plain(folder, metadata=TITLE), b"Cafe", b"Caf\xe9"),
    "latin-1 title in mkv": lambda folder: replaced(plain(folder, "mkv", metadata=TITLE), b"Cafe", b"Caf\xe9"),
}  # fmt: skip


@pytest.mark.parametrize("how", WHOLE)
def test_whole_videos_are_read_whole(tmp_path: Path, how: str) -> None:
    path = WHOLE[how](tmp_path)
    with IsolatedVideo(path, Sampling(0.5)) as video:
        found = [(frame.start_s, colour_of(frame.image)) for frame in video.frames()]
    assert found == [(2.0 * number, name) for number, name in enumerate(SIX)]
    assert video.damage is None and video.length_s == pytest.approx(12.0, abs=0.4)
    stills = read_stills(path, [11.0, 1.0, 7.0, 99.0, 5.0])
    assert [colour_of(image) for image in stills] == ["orange", "red", "yellow", "orange", "green"]


@pytest.mark.parametrize(("ending", "kind", "codec"), [("avi", "JPEG", "mjpeg"), ("mov", "PNG", "png")])
def test_pictures_in_a_video_are_turned_as_their_exif_says(tmp_path: Path, ending: str, kind: str, codec: str) -> None:
    for orientation, dark in {1: "top", 3: "bottom", 6: "right", 5: "left"}.items():
        image = read_stills(pictures(tmp_path / f"{orientation}.{ending}", kind, codec, orientation), [0.0])[0]
        w, h = image.size
        edges = {"top": (0, 0, w, 2), "bottom": (0, h - 2, w, h), "left": (0, 0, 2, h), "right": (w - 2, 0, w, h)}
        assert min(edges, key=lambda edge: sum(image.crop(edges[edge]).convert("L").getdata())) == dark, orientation


@pytest.mark.parametrize("ending", ["mp4", "mkv", "webm", "flv", "ts", "avi", "mpg"])
@pytest.mark.parametrize("fps", [1.0, 0.1])
def test_a_picture_that_comes_late_and_goes_soon_is_seen(tmp_path: Path, ending: str, fps: float) -> None:
    path = with_sound(tmp_path / f"a.{ending}", ["red"], [5.6, 5.7])
    with IsolatedVideo(path, Sampling(fps)) as video:
        assert [colour_of(frame.image) for frame in video.frames()] == ["red"]
        assert video.damage is None
    assert colour_of(read_stills(path, [0.5])[0]) == "red"


def test_packets_that_repeat_a_picture_are_no_damage() -> None:
    """Two Theora pictures, each followed by eleven empty packets."""
    with IsolatedVideo(Path(__file__).parents[2] / "data/repeated_pictures.ogv", Sampling(10)) as video:
        assert [frame.start_s for frame in video.frames()] == pytest.approx([0.0, 0.5])
    assert video.damage is None and video.read_s == pytest.approx(0.96)


@pytest.mark.parametrize("ending", ["mp4", "mkv", "webm", "flv", "ts", "avi", "mpg", "wmv", "tagless.mkv"])
def test_sound_that_goes_on_is_no_damage(tmp_path: Path, ending: str) -> None:
    path = with_sound(tmp_path / f"a.{ending}", ["red", "blue"], [n / 10 for n in range(20)], seconds=6.0)
    if ending == "tagless.mkv":
        replaced(path, b"DURATION", b"DURATIOX")
    with IsolatedVideo(path, Sampling()) as video:
        assert [colour_of(frame.image) for frame in video.frames()] == ["red", "blue"]
        assert video.damage is None and video.length_s == pytest.approx(6.0, abs=0.2)


def test_subtitles_that_go_on_are_no_damage(tmp_path: Path) -> None:
    text = tmp_path / "a.srt"
    text.write_text("1\n00:00:01,000 --> 00:00:04,000\nHello\n\n2\n00:00:05,000 --> 00:00:30,000\nBye\n")
    path = tmp_path / "a.mkv"
    with av.open(str(plain(tmp_path))) as read, av.open(str(text)) as said, av.open(str(path), "w") as output:
        for source in (read, said):
            output.add_stream_from_template(source.streams[0])
        packets = heapq.merge(*(source.demux() for source in (said, read)), key=lambda p: (p.dts or 0) * p.time_base)
        for packet in packets:
            if packet.size:
                packet.stream = output.streams[0 if packet.stream.type == "video" else 1]
                output.mux(packet)
    with IsolatedVideo(replaced(path, b"DURATION", b"DURATIOX"), Sampling()) as video:
        assert len(list(video.frames())) == 12
    assert video.damage is None and video.length_s == pytest.approx(30.0)


def test_a_cut_off_video_is_still_told_from_a_short_picture(tmp_path: Path) -> None:
    path = replaced(plain(tmp_path, "mkv", audio=True), b"DURATION", b"DURATIOX")
    with IsolatedVideo(truncate(path, 0.5), Sampling()) as video:
        assert list(video.frames())
    assert video.damage is not None and "of 12.0 s could be read" in video.damage


def test_encrypted_pictures_are_called_encrypted(tmp_path: Path) -> None:
    options = {"encryption_scheme": "cenc-aes-ctr", "encryption_key": "76" * 16, "encryption_kid": "a7" * 16}
    with pytest.raises(MediaError, match="is encrypted"):
        probe_isolated(plain(tmp_path, container=options))


def test_a_clip_from_before_the_first_picture_shows_the_first(tmp_path: Path) -> None:
    path = with_sound(tmp_path / "a.mp4", ["red", "blue"], [n / 10 for n in range(20, 40)])
    for start_s, end_s, colors in [(0.0, 1.0, ["red"]), (1.0, 4.0, ["red", "red", "blue"])]:
        with IsolatedVideo(cut_clip(path, start_s, end_s), Sampling()) as clip:
            assert [colour_of(frame.image) for frame in clip.frames()] == colors
        assert clip.length_s == pytest.approx(end_s - start_s, abs=0.15)


def test_a_clip_that_lies_about_its_length_is_stopped_at_the_limit(tmp_path: Path, encoder: ColorEncoder) -> None:
    path = patched(plain(tmp_path, "flv"), b"duration", 1, seconds(3.0))
    assert embed_video(encoder, path, Sampling(2), max_s=13.0).duration_s == pytest.approx(12.0, abs=0.1)
    seen = encoder.images_seen
    with pytest.raises(MediaError, match="longer than 4 seconds"):
        embed_video(encoder, path, Sampling(2), max_s=4.0)
    assert encoder.images_seen - seen <= 10
    with pytest.raises(MediaError, match="longer than 4 seconds"):
        embed_video(encoder, plain(tmp_path), Sampling(2), max_s=4.0)


ENDINGS = {
    "vob": ("mpg", "mpeg2video"), "mpe": ("mpg", "mpeg2video"), "mod": ("mpg", "mpeg2video"),
    "m2v": ("m2v", "mpeg2video"), "asf": ("asf", "wmv2"),
    "f4v": ("mp4", "libx264"), "qt": ("mov", "libx264"), "mxf": ("mxf", "mpeg2video"),
    "m2t": ("ts", "libx264"), "tod": ("ts", "libx264"), "mts": ("ts", "libx264"), "divx": ("avi", "mpeg4"),
}  # fmt: skip


@pytest.mark.parametrize("ending", ENDINGS)
def test_endings_of_cameras_and_players_are_found_and_read(tmp_path: Path, ending: str) -> None:
    written, codec = ENDINGS[ending]
    path = write_video(tmp_path / f"a.{written}", SIX[:3], size=(64, 48), fps=25, codec=codec, seconds_each=1.0, gop=12)
    path = path.rename(tmp_path / f"A.{ending.upper()}")
    assert list(scan([tmp_path], target=is_media_file).files) == [str(path)]
    with IsolatedVideo(path, Sampling()) as video:
        assert [colour_of(frame.image) for frame in video.frames()] == SIX[:3]


def test_sources_that_end_like_videos_are_none(tmp_path: Path, encoder: ColorEncoder) -> None:
    names = {"app.ts": "export const x = 1\n", "node.mts": "// über\n", "go.mod": "module a\n", "de.ts": "<?xml?><TS/>"}
    for name, text in names.items():
        (tmp_path / name).write_text(text)
    library = Library(tmp_path / "library", create=True)
    failed = Item("old", str(tmp_path / "app.ts"), "video", "failed", 19, 0, reason="Not a video.")
    library.put_items([failed], key="path")
    broken = tmp_path / "broken.ts"
    broken.write_bytes(b"\x00\x11" * 400)
    report = ingest(library, encoder, [tmp_path])
    assert [path for path, _ in report.failed] == [str(broken)] == library.items()["path"].to_pylist()
