"""Hundreds of hostile files: nothing crashes, nothing hangs, nothing is passed over in silence, good ones are found."""

from __future__ import annotations

import io
import os
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import ColorEncoder
from hostile import good_files, hostile_zips, scan_bomb, write_all
from media import write_video
from PIL import Image

import core.isolation.pool as spare
import core.isolation.process as process
import core.media.isolated as apart
import core.media.isolated as stills
import core.previews.clips as clips
from core.cleanup.image_quality import measure_quality
from core.errors import Cancelled, MediaError
from core.geometry.raw_pixels import load_pixels
from core.geometry.saliency import load_image
from core.library import Item, Library, ingest
from core.library.uploads import save_uploads
from core.media.isolated import IsolatedVideo, open_isolated, read_image
from core.media.sampling import Sampling
from core.policy import LOCAL, get_policy, set_rules
from core.previews.thumbnails import make_thumbnail
from core.progress import Task
from core.search.query import Term
from core.search.query_clips import get_clip_track

pytestmark = pytest.mark.reliability

N = 8  # good photos of the `photos` fixture

# What a decoder does that is out of its mind, with pictures of certain widths and with videos that begin in red.
_MAD = """
import core.media.video, core.media.decode_worker as worker
sane, frames = worker.decode_picture, core.media.video.Video.frames

def mad(data, **options):
    decoded = sane(data, **options)
    image = decoded.image
    if image.width == 71:
        os.kill(os.getpid(), signal.SIGSEGV)
    if image.width == 72:
        held = bytearray(2**40)
    if image.width == 73:
        time.sleep(60)
    while image.width == 75:
        pass
    if image.width == 76:
        raise KeyError("of a kind that nobody thought of")
    return decoded

def stuck(video, *arguments, **options):
    for frame in frames(video, *arguments, **options):
        yield frame
        if frame.start_s >= 2:
            time.sleep(60)

def stuck_at(video, times, **options):
    time.sleep(60 if max(times) > 1 else 0)
    return at(video, times, **options)

import os, signal, time
import core.media.video_files.transcode as cutting

at = core.media.video.Video.pictures_at
worker.decode_picture, core.media.video.Video.frames, core.media.video.Video.pictures_at = mad, stuck, stuck_at
cutting.write_clip = lambda *_, **__: time.sleep(60)
"""


@pytest.fixture
def public_rules() -> Iterator[None]:
    set_rules(lambda: replace(LOCAL, public=True, video_seconds=5.0))
    yield
    set_rules(lambda: LOCAL)


@pytest.fixture
def mad_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes that decode have a decoder which crashes, eats memory or hangs; and little time."""
    begin, serve = process._START.split("from core.isolation.worker")
    monkeypatch.setattr(process, "_START", begin + _MAD + "from core.isolation.worker" + serve)
    monkeypatch.setattr(spare, "_idle", [])
    monkeypatch.setattr(apart, "SILENT_S", 4.0)
    monkeypatch.setattr(stills, "_SILENT_S", 4.0)
    monkeypatch.setattr(clips, "_PATIENCE_S", 4.0)
    monkeypatch.setattr(clips, "_PACE", 0.0)


def test_hostile_files_among_good_photos(library: Library, encoder: ColorEncoder, photos: Path) -> None:
    written = write_all(photos / "hostile")
    assert len(written) >= 300
    started = time.monotonic()
    report = ingest(library, encoder, [photos])
    assert time.monotonic() - started < 240, "it should take some ten seconds"
    reasons = dict(report.failed)
    status = dict(zip(*(library.items()[name].to_pylist() for name in ("path", "status")), strict=True))
    for entry in written:
        path = str(photos / "hostile" / entry.name)
        assert status.get(path) in ("ok", "failed"), f"{entry.name!r} was passed over in silence"
        assert (status[path] == "failed") == (path in reasons) and len(reasons.get(path, "x" * 20)) > 15
        assert not (entry.hopeless and status[path] == "ok"), f"{entry.name!r} holds nothing, and is listed as good"
    good = [str(path) for path in photos.rglob("*.png") if path.parent.name != "hostile"]
    assert len(good) == N and all(status[path] == "ok" for path in good)
    index = library.index(encoder)
    found = {index.item(int(row)).path for row in index.search(encoder.encode_texts(["red"])[0], len(index))[1]}
    assert found == {path for path, state in status.items() if state == "ok"} and report.items == len(found)


def test_a_decoder_that_crashes_eats_memory_or_hangs_costs_one_file_a_reason(
    library: Library, encoder: ColorEncoder, photos: Path, mad_decoder: None
) -> None:
    for width in (70, 71, 72, 73, 74, 75, 76):
        Image.new("RGB", (width, 60), "red").save(photos / f"{width}.png")
    report = ingest(library, encoder, [photos])
    reasons = {Path(path).name: reason for path, reason in report.failed}
    assert set(reasons) == {"71.png", "72.png", "73.png", "75.png", "76.png"} and report.items == N + 2
    assert "broke down" in reasons["71.png"] and "memory" in reasons["72.png"] and "too long" in reasons["73.png"]
    assert "too long" in reasons["75.png"] and "KeyError: 'of a kind that nobody thought of'" in reasons["76.png"]


def test_a_picture_that_takes_minutes_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "PICTURE_S", 1.0)
    data, started = scan_bomb(), time.monotonic()
    with pytest.raises(MediaError, match="takes too long"):
        read_image(data, min_side=3000)
    assert len(data) < 10**8 and time.monotonic() - started < 60
    assert open_isolated(good_files()["png"], min_side=32).size == (54, 40)  # others go on


def test_of_a_video_on_which_decoding_hangs_what_came_before_is_kept(
    library: Library, encoder: ColorEncoder, tmp_path: Path, mad_decoder: None
) -> None:
    video = write_video(tmp_path / "long.mp4", ("red", "blue", "green", "yellow"))
    report = ingest(library, encoder, [video])
    (item,) = (row for row in library.items().to_pylist() if row["kind"] == "video")
    assert item["status"] == "ok" and "hung there" in item["reason"] and not report.failed
    assert 2 <= item["duration_s"] <= 4


def test_cancelling_does_not_wait_for_a_decoder_that_hangs(tmp_path: Path, mad_decoder: None) -> None:
    cancel = threading.Event()
    video = write_video(tmp_path / "long.mp4", ("red", "blue", "green"))
    with IsolatedVideo(video, Sampling()) as opened:
        threading.Timer(2.0, cancel.set).start()  # a busy machine takes its time to start the process
        started = time.monotonic()
        assert len(list(opened.frames(cancel=cancel))) >= 2
    assert time.monotonic() - started < 3.9 + 2


def test_what_is_shown_is_decoded_apart(
    library: Library, photos: Path, tmp_path: Path, mad_decoder: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEMBLANCE_HOME", str(tmp_path / "home"))
    Image.new("RGB", (71, 60), "red").save(photos / "71.png")
    found = [photos / "71.png", photos / "red.png"]
    broken, good = (Item(entry.name, str(entry), "image", "ok", entry.stat().st_size, 0) for entry in found)
    assert make_thumbnail(good).startswith(b"RIFF")
    with pytest.raises(MediaError, match="broke down"):
        make_thumbnail(broken)
    with pytest.raises(MediaError, match="broke down"):
        load_image(library, Term("image", found[0]))
    assert "broke down" in load_pixels(found, side=60).unread[0][1]
    assert [item.id for item, _ in measure_quality([broken, good]).unreadable] == ["71.png"]


def test_a_video_that_hangs_holds_up_neither_its_pictures_nor_its_clips_for_long(
    tmp_path: Path, mad_decoder: None
) -> None:
    video, started = write_video(tmp_path / "long.mp4", ("red", "blue", "green")), time.monotonic()
    assert len(stills.read_stills(video, [0.0, 1.0])) == 2 and stills.plays_in_browsers(video)
    with pytest.raises(MediaError, match="too long"):
        stills.read_still(video, 2.0)
    with pytest.raises(MediaError, match="too long"):
        clips.cut_clip(video, 0.0, 1.0)
    assert time.monotonic() - started < 40


def test_processes_that_decode_end_by_themselves(photos: Path) -> None:
    read_image((photos / "red.png").read_bytes(), min_side=32)
    worker = spare._idle.pop()
    worker._connection.close()  # as when this process ends, however it ends
    assert worker._process.wait(timeout=20) == 0


def test_a_process_that_has_waited_too_long_is_replaced(photos: Path) -> None:
    read_image((photos / "red.png").read_bytes(), min_side=32)
    spare._idle[-1]._process.kill()
    spare._idle[-1]._process.wait()
    assert read_image((photos / "red.png").read_bytes(), min_side=32).size == (80, 60)


def test_zips_do_not_break_out_nor_blow_up(
    library: Library, encoder: ColorEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEMBLANCE_MAX_UNPACKED_MB", "1")
    before = {path for path in tmp_path.rglob("*") if library.path not in path.parents}
    for name, data in hostile_zips(good_files()["png"]):
        report = save_uploads(library, [(name, io.BytesIO(data))], limits=get_policy())
        cached = [path.name for path in report.saved]
        assert any(entry.startswith("good-") for entry in cached) or (not cached and report.refused), name
        assert all(path.resolve().parent == report.folder.resolve() for path in report.saved), name
        assert not any(path.is_symlink() for path in report.folder.iterdir()), name
    assert {path for path in tmp_path.rglob("*") if library.path not in path.parents} == before
    assert not Path("/tmp/out.png").exists()
    assert sum(path.stat().st_size for path in report.folder.iterdir()) < 2_000_000
    assert ingest(library, encoder, [report.folder]).added >= 1


def test_links_out_of_the_folder_are_listed_and_not_followed(
    library: Library, encoder: ColorEncoder, photos: Path, tmp_path: Path
) -> None:
    private = tmp_path / "private"
    private.mkdir()
    Image.new("RGB", (50, 50), "pink").save(private / "secret.png")
    (photos / "file.png").symlink_to(private / "secret.png")
    (photos / "folder").symlink_to(private)
    (photos / "within.png").symlink_to(photos / "red.png")
    report = ingest(library, encoder, [photos])
    assert {Path(path).name for path, _ in report.failed} == {"file.png", "folder"}
    assert all("link out of the folder" in reason for _, reason in report.failed)
    assert report.items == N + 1 and not any("secret" in path for path in library.items()["path"].to_pylist())
    assert ingest(library, encoder, [photos, private]).items == N + 3  # asked for by name, it is followed


def test_a_link_may_be_asked_for(library: Library, encoder: ColorEncoder, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    Image.new("RGB", (50, 50), "pink").save(tmp_path / "elsewhere" / "one.png")
    (tmp_path / "way").symlink_to(tmp_path / "elsewhere")
    assert ingest(library, encoder, [tmp_path / "way"]).added == 1
    (tmp_path / "again").symlink_to(photos)
    assert ingest(library, encoder, [tmp_path / "again"]).unchanged == N  # a folder and a link to it are one


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="reads the memory of processes from /proc")
def test_what_claims_to_be_huge_takes_no_memory() -> None:
    for name, data in good_files().items():
        read_image(data, min_side=32, may_move=name.endswith("gif")) if name.split(".")[-1] in ("png", "gif") else None
    worker = spare._idle[-1]
    pages = int(Path(f"/proc/{worker._process.pid}/statm").read_text().split()[1])
    assert pages * os.sysconf("SC_PAGE_SIZE") < 400 * 2**20


def test_a_clip_that_says_less_than_it_holds_is_stopped_at_the_limit(
    tmp_path: Path, encoder: ColorEncoder, public_rules: None
) -> None:
    """As a query; the header says two seconds, and forty are there."""
    path = write_video(tmp_path / "long.flv", ["red", "green", "blue", "white"] * 10)
    data = path.read_bytes()
    at = data.index(b"duration") + len("duration") + 1
    path.write_bytes(data[:at] + struct.pack(">d", 2.0) + data[at + 8 :])
    before = encoder.images_seen
    with pytest.raises(MediaError, match="longer than 6 seconds"):
        get_clip_track(encoder, path.read_bytes())
    assert encoder.images_seen - before < 5 * 2 + 3 * encoder.batch_size
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        get_clip_track(encoder, write_video(tmp_path / "short.mp4", ["red"]).read_bytes(), task=Task(cancel=stop))
