"""Measures chapters and storyboards on rendered reels, whose shots are known."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.encoders.base import Encoder
from core.errors import DataError
from core.library.samples.reels import Reel, plan_reels, render_reels
from core.library.track import Track, embed_video
from core.media.modalities import PICTURE
from core.media.sampling import Sampling
from core.progress import SILENT, Task
from core.summarize.videos import VideoSummary, summarize_video

_SHOTS = 5
_WITHIN_S = 0.5


@dataclass(frozen=True, slots=True)
class ChapterReport:
    """Chapters and storyboards of reels.

    found: share of the borders between shots with a border of chapters within 0.5 s; both cuts and cross-fades, whose
    middle counts. median_s: how far the nearest one is. false: borders of chapters farther from all known ones, per
    reel. storyboards: share of the reels whose storyboard of as many frames as shots shows each shot once.
    """

    reels: int
    borders: int
    found: float
    median_s: float
    false: float
    storyboards: float
    fps: float
    encoder: str


def evaluate_chapters(
    encoder: Encoder, images: Path, *, count: int = 20, sampling: Sampling | None = None, task: Task = SILENT
) -> ChapterReport:
    """Renders reels of five photos each, and compares their chapters with the shots.

    Parameters
    ----------
    encoder : Encoder
    images : Path
        A folder with five photos for each reel.
    count : int
        Reels.
    sampling : Sampling, optional
        Default: one frame per second, as libraries have.
    task : Task, optional

    Raises
    ------
    DataError
        There are fewer photos.
    MediaError
        A photo cannot be read.
    Cancelled
    """
    suffixes = PICTURE.list_suffixes()
    photos = sorted(path for path in images.iterdir() if path.suffix.lower() in suffixes)
    if len(photos) < count * _SHOTS:
        raise DataError(f"{images} has {len(photos)} photos: {count} reels need {count * _SHOTS}.")
    chosen = random.Random(0).sample(photos, count * _SHOTS)
    sources = {path.name: path for path in chosen}
    plan = plan_reels(list(sources), shots=_SHOTS)
    sampling = sampling or Sampling()
    results = []
    with tempfile.TemporaryDirectory() as folder:
        clips = render_reels(Path(folder), plan=plan, sources=sources, task=task)
        for clip in task.track(clips, "summarize", "reels", stopped="Stopped before all reels were summarized."):
            track = embed_video(encoder, clip, sampling, task=task.part())
            results.append((track, summarize_video(track, encoder, count=_SHOTS, task=task.part())))
    return _report(plan, results, sampling.fps, encoder.name)


def _report(
    plan: Sequence[Reel], results: Sequence[tuple[Track, VideoSummary]], fps: float, encoder: str
) -> ChapterReport:
    misses, false, whole = [], 0, 0
    for reel, (_, summary) in zip(plan, results, strict=True):
        known = np.array([shot.start_s for shot in reel.shots[1:]])
        found = np.array([chapter.start_s for chapter in summary.chapters[1:]])
        distances = np.abs(known[:, None] - found[None, :])
        misses += distances.min(axis=1, initial=np.inf).tolist()
        false += int((distances.min(axis=0, initial=np.inf) > _WITHIN_S).sum())
        shown = np.searchsorted([shot.end_s for shot in reel.shots], summary.keyframes_s)
        whole += len(set(shown.tolist())) == len(reel.shots)
    return ChapterReport(
        reels=len(plan),
        borders=len(misses),
        found=round(float((np.array(misses) <= _WITHIN_S).mean()), 4),
        median_s=round(float(np.median(misses)), 3),
        false=round(false / len(plan), 3),
        storyboards=round(whole / len(plan), 4),
        fps=fps,
        encoder=encoder,
    )
