"""The reels: what the plan says is what the rendered file shows, and when."""

from __future__ import annotations

import resource
import signal
import threading
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

import core.library.samples.reels as reels
from core.errors import LibraryError
from core.library.samples.reels import Reel, Shot, reel_plan, render_reels
from core.library.samples.sources import sample_sources, sample_subjects
from core.media.images import open_image
from core.media.video import frame_at, probe
from core.progress import Progress, Task

SHORT = Reel(
    "short",
    (
        Shot("coffee.png", 0.0, 0.9, "zoom in"),
        Shot("retina.jpg", 0.9, 2.1, "still"),
        Shot("grass.png", 2.1, 3.3, "still", fade_s=0.6),
    ),
    320, 180, 10,
)  # fmt: skip
UPRIGHT = Reel("upright", (Shot("motorcycle.png", 0.0, 1.4, "pan right"),), 180, 320, 10)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reels, "reel_plan", lambda: (SHORT, UPRIGHT))


def likeness(one: Image.Image, other: Image.Image) -> float:
    """Correlation of two pictures, small and in colour, -1 to 1; of their middles where their shapes differ."""
    a, b = (np.asarray(image.resize((24, 24)), float).ravel() for image in (one, other))
    return float(np.corrcoef(a, b)[0, 1])


def middle(image: Image.Image) -> Image.Image:
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return image.crop((left, top, left + side, top + side))


def test_the_plan_is_always_the_same_and_its_moments_are_known() -> None:
    plan = reel_plan()
    assert plan == reel_plan() and 3 <= len(plan) <= 5
    for reel in plan:
        assert 30 <= reel.shots[-1].end_s <= 60
        assert reel.shots[0].start_s == 0.0 and reel.shots[0].fade_s == 0.0
        for shot, following in zip(reel.shots, reel.shots[1:], strict=False):
            assert shot.end_s == following.start_s and shot.end_s % 1 > 0.01
        assert all(3 <= shot.end_s - shot.start_s <= 7 for shot in reel.shots)
    shots = [shot for reel in plan for shot in reel.shots]
    assert {shot.photo for shot in shots} == set(sample_sources())
    assert {shot.motion for shot in shots} == {"still", "zoom in", "zoom out", "pan left", "pan right"}
    assert any(shot.fade_s for shot in shots) and any(shot.start_s and not shot.fade_s for shot in shots)
    assert any(len({shot.photo for shot in reel.shots}) < len(reel.shots) for reel in plan)
    assert {reel.width > reel.height for reel in plan} == {True, False}


def test_a_photo_that_a_release_dropped_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    sources = sample_sources()
    del sources["coffee.png"]
    monkeypatch.setattr(reels, "sample_sources", lambda: sources)
    for reel in reel_plan():
        assert "coffee.png" not in {shot.photo for shot in reel.shots}
        assert reel.shots[0].start_s == 0.0 and reel.shots[0].fade_s == 0.0


def test_subjects_are_phrases_of_photos_that_are_there() -> None:
    subjects = sample_subjects()
    assert set(subjects) <= set(sample_sources()) and subjects["chelsea.png"] == "a cat"
    assert len(set(subjects.values())) == len(subjects) >= 15


@pytest.mark.usefixtures("short")
def test_the_file_shows_the_plan(tmp_path: Path) -> None:
    path, upright = render_reels(tmp_path)
    info = probe(path)
    assert (info.width, info.height, info.fps, info.codec) == (320, 180, 10.0, "h264")
    assert info.duration_s == pytest.approx(3.3, abs=0.05)
    photos = {shot.photo: middle(open_image(sample_sources()[shot.photo])) for shot in SHORT.shots}
    for at, shown in [(0.05, 0), (0.85, 0), (0.95, 1), (1.75, 1), (2.45, 2), (3.25, 2)]:
        frame = middle(frame_at(path, at))
        nearest = max(photos, key=lambda name: likeness(frame, photos[name]))
        assert nearest == SHORT.shots[shown].photo, at
    assert probe(upright).height == 320
    assert likeness(frame_at(upright, 0.05), frame_at(upright, 1.25)) < 0.95  # the camera moves


@pytest.mark.usefixtures("short")
def test_a_cross_fade_is_between_its_two_photos(tmp_path: Path) -> None:
    path = render_reels(tmp_path)[0]
    before, within, after = (np.asarray(frame_at(path, at), float) for at in (1.75, 2.15, 2.5))
    assert np.abs(within - (before + after) / 2).mean() < np.abs(before - after).mean() / 4


@pytest.mark.usefixtures("short")
def test_browsers_can_play_it_before_it_has_arrived(tmp_path: Path) -> None:
    path = render_reels(tmp_path)[0]
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(str(path)) as container:
        assert container.streams.video[0].codec_context.pix_fmt == "yuv420p"


@pytest.mark.usefixtures("short")
def test_rendered_once_with_progress(tmp_path: Path) -> None:
    predictions: list[Progress] = []
    paths = render_reels(tmp_path, task=Task(predictions.append))
    assert predictions[-1].total == 33 + 14 and predictions[-1].done == predictions[-1].total
    written = [path.stat().st_mtime_ns for path in paths]
    assert render_reels(tmp_path) == paths and [path.stat().st_mtime_ns for path in paths] == written
    paths[1].unlink()
    assert render_reels(tmp_path) == paths and paths[0].stat().st_mtime_ns == written[0]


@pytest.mark.usefixtures("short")
def test_a_full_disk_is_told_and_leaves_no_half_file(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    waiting = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, before[1]))
    try:
        with pytest.raises(LibraryError, match=r"short\.mp4 cannot be written .*: free some"):
            render_reels(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, waiting)
    assert not list(tmp_path.iterdir())
    assert len(render_reels(tmp_path)) == 2


@pytest.mark.usefixtures("short")
def test_cancelled_leaves_no_half_file(tmp_path: Path) -> None:
    cancel = threading.Event()

    def stop(progress: Progress) -> None:
        if progress.done > 33:
            cancel.set()

    assert [path.name for path in render_reels(tmp_path, task=Task(stop, cancel))] == ["short.mp4"]
    assert [path.name for path in tmp_path.iterdir()] == ["short.mp4"]
