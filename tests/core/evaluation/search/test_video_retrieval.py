"""Figures of videos that are known beforehand, on videos of colours: what is right scores, what is wrong does not."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from fakes import COLORS, ColorEncoder
from media import write_video
from PIL import Image

import core.library.samples.reels as reels
from core.errors import DataError
from core.evaluation.search.moments import compute_iou, evaluate_moments
from core.evaluation.search.video_retrieval import evaluate_video
from core.library.samples.reels import Reel, Shot
from core.media.sampling import Sampling
from core.search.videos import VideoResult

SHOTS = {
    "one.mp4": ("red", "red", "red", "yellow"),
    "two.mp4": ("blue", "blue", "red", "blue"),
    "three.mp4": ("white", "green", "green", "green"),
}


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    folder = tmp_path / "videos"
    folder.mkdir()
    for name, shots in SHOTS.items():
        write_video(folder / name, shots, seconds_each=1.0, size=(64, 48))
    return folder


def table(folder: Path, *rows: tuple[str, str]) -> Path:
    path = folder / "captions.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("video", "caption"), *rows])
    return path


def test_captions_find_their_videos(encoder: ColorEncoder, videos: Path) -> None:
    captions = table(videos, ("one.mp4", "yellow"), ("./two.mp4", "blue"), ("three.mp4", "green"), ("one.mp4", "red"))
    report = evaluate_video(encoder, videos, captions, sampling=Sampling(1.0), pooling="mean")
    assert (report.pool, report.queries, report.pooling, report.fps) == (3, 4, "mean", 1.0)
    assert (report.r1, report.r5, report.encoder) == (1.0, 1.0, "colour")
    assert report.seconds_of_video_per_s > 1 and report.skipped == ()


def test_wrong_captions_score_low(encoder: ColorEncoder, videos: Path) -> None:
    captions = table(videos, ("one.mp4", "green"), ("two.mp4", "yellow"), ("three.mp4", "blue"))
    report = evaluate_video(encoder, videos, captions)
    assert (report.r1, report.r5) == (0.0, 1.0)


def test_the_pooling_makes_the_difference(encoder: ColorEncoder, videos: Path) -> None:
    """A second of red in a blue video ties with a red video where the best frame decides; a tie does not count."""
    captions = table(videos, ("one.mp4", "red"), ("two.mp4", "blue"), ("three.mp4", "green"))
    by_pooling = {pooling: evaluate_video(encoder, videos, captions, pooling=pooling).r1 for pooling in ("max", "mean")}
    assert by_pooling["mean"] == 1.0 and by_pooling["max"] < 1.0


def test_what_cannot_be_read_is_skipped_with_a_reason(encoder: ColorEncoder, videos: Path) -> None:
    (videos / "words.mp4").write_text("words")
    Image.new("RGB", (64, 48), COLORS["red"]).save(videos / "photo.png")
    captions = table(videos, ("one.mp4", "red"), ("words.mp4", "blue"), ("nowhere.mp4", "green"), ("photo.png", "red"))
    report = evaluate_video(encoder, videos, captions, pooling="mean")
    assert (report.pool, report.queries, report.r1) == (1, 1, 1.0)
    assert [name for name, _ in report.skipped] == ["words.mp4", "nowhere.mp4", "photo.png"]
    assert all(reason for _, reason in report.skipped)
    with pytest.raises(DataError, match="video column"):
        evaluate_video(encoder, videos, table(videos, ("nowhere.mp4", "green")))


def test_intersection_over_union() -> None:
    assert compute_iou((0, 4), (2, 6)) == pytest.approx(2 / 6)
    assert (
        compute_iou((0, 4), (0, 4)) == 1.0 and compute_iou((0, 4), (4, 8)) == 0.0 and compute_iou((0, 1), (5, 6)) == 0.0
    )


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two reels of photos that the colours of a grid tell apart."""
    one = Reel(
        "one", (Shot("coffee.png", 0, 3.2, "still"), Shot("page.png", 3.2, 6.4, "zoom in"),
                Shot("rocket.jpg", 6.4, 9.6, "still")), 160, 90, 10,
    )  # fmt: skip
    two = Reel("two", (Shot("retina.jpg", 0, 4.1, "still"), Shot("coffee.png", 4.1, 8.3, "still")), 160, 90, 10)
    monkeypatch.setattr(reels, "reel_plan", lambda: (one, two))
    monkeypatch.setattr("core.evaluation.search.moments.reel_plan", lambda: (one, two))


@pytest.mark.usefixtures("short")
def test_known_moments_are_counted(encoder: ColorEncoder, tmp_path: Path) -> None:
    report = evaluate_moments(encoder, sampling=Sampling(2.0), folder=tmp_path / "reels")
    assert (report.reels, report.encoder, report.fps) == (2, "colour", 2.0)
    assert (report.image.queries, report.image.moments) == (4, 5)  # coffee is shown twice
    assert report.image.recall_at_50 >= 0.8 and report.image.mean_iou > 0.6
    assert (report.text.queries, report.text.moments) == (3, 4)  # nobody would search a retina by words
    assert len(report.text.missed) == round((1 - report.text.recall_at_50) * 4)
    assert sorted(path.name for path in (tmp_path / "reels").iterdir()) == ["one.mp4", "two.mp4"]


@pytest.mark.usefixtures("short")
def test_moments_that_nobody_returns_are_missed(encoder: ColorEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = VideoResult((), 0, 2, 0.0, "max")
    monkeypatch.setattr("core.evaluation.search.moments.search_videos", lambda *args, **options: nothing)
    report = evaluate_moments(encoder)
    assert (report.image.recall_at_50, report.image.mean_iou, report.image.false_alarms) == (0.0, 0.0, 0.0)
    assert len(report.image.missed) == 5 and {entry.reel for entry in report.image.missed} == {"one.mp4", "two.mp4"}


def test_reels_of_own_photos(encoder: ColorEncoder, tmp_path: Path) -> None:
    """Two photos with the same words are both right; nine photos are two reels."""
    shown = ["red", "green", "blue", "yellow", "white", "red", "green", "blue", "yellow"]
    for number, color in enumerate(shown):
        Image.new("RGB", (64, 48), COLORS[color]).save(tmp_path / f"{number}.png")
    texts = tmp_path / "texts.csv"
    rows = [(f"{number}.png", color) for number, color in enumerate(shown)]
    with texts.open("w", newline="") as file:
        csv.writer(file).writerows([("image", "text"), *rows, ("0.png", "a second text of it")])
    report = evaluate_moments(encoder, images=tmp_path, texts=texts)
    assert (report.reels, report.text.queries, report.text.moments) == (2, 5, 9)
    assert report.text.recall_at_50 >= 0.8
    assert (report.image.queries, report.image.moments) == (9, 9)


def test_own_photos_need_their_texts(encoder: ColorEncoder, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="table of their texts"):
        evaluate_moments(encoder, images=tmp_path)
