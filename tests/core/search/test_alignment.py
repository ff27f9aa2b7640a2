"""Alignment: a part of one video is found in another, at the right seconds, and only where it is."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from core.encoders.base import Vectors, unit_rows
from core.library.track import Track
from core.search.alignment import align, find_alignments


def footage(seconds: int, *, seed: int) -> Vectors:
    """A row a second of frames that have nothing to do with one another."""
    return unit_rows(np.random.default_rng(seed).normal(size=(seconds, 64)))


def noisy(vectors: Vectors) -> Vectors:
    """The same, saved again at a poor quality: cosines of about 0.9 with what they were."""
    return unit_rows(vectors + 0.06 * np.random.default_rng(9).normal(size=vectors.shape))


def track(vectors: Vectors, step_s: float = 1.0) -> Track:
    start_s = (np.arange(len(vectors)) * step_s).astype(np.float32)
    return Track(start_s, (start_s + step_s).astype(np.float32), vectors)


@pytest.mark.parametrize("offset", [0, 17, 88])
def test_a_clip_is_found_at_its_offset(offset: int) -> None:
    video = footage(100, seed=1)
    found = align(track(noisy(video[offset : offset + 12])), track(video))
    assert (found.start_s, found.end_s) == (offset, offset + 12)
    assert (found.query_start_s, found.query_end_s) == (0, 12)
    assert 0.8 < found.score < 1.0


def test_only_the_shared_part_of_the_clip_is_aligned() -> None:
    video, other = footage(60, seed=1), footage(20, seed=2)
    clip = np.concatenate([other[:5], video[30:40], other[5:]])
    found = align(track(clip), track(video))
    assert (found.query_start_s, found.query_end_s, found.start_s, found.end_s) == (5, 15, 30, 40)
    assert found.score == pytest.approx(1, abs=1e-3)


def test_a_clip_that_is_shown_twice_is_found_twice() -> None:
    clip = footage(6, seed=3)
    video = np.concatenate([footage(10, seed=1), clip, footage(10, seed=2), noisy(clip)])
    found = find_alignments(track(clip), track(video))
    assert [(entry.start_s, entry.end_s) for entry in found] == [(10, 16), (26, 32)]


def test_nothing_alike_gives_one_poor_alignment() -> None:
    (found,) = find_alignments(track(footage(10, seed=1)), track(footage(50, seed=2)))
    assert found.score < 0.6 and found.length_s <= 2


def test_runs_of_identical_frames_and_other_rates_keep_their_seconds() -> None:
    scenes = footage(4, seed=1)
    lengths = np.array([5.0, 3.0, 8.0, 4.0], np.float32)
    end_s = np.cumsum(lengths, dtype=np.float32)
    video = Track(end_s - lengths, end_s, scenes)  # one row for each still scene
    clip = track(np.repeat(scenes[1:3], [6, 16], axis=0), step_s=0.5)  # 5..16 s of it, two frames a second
    found = align(clip, video)
    assert (found.start_s, found.end_s, found.query_start_s, found.query_end_s) == (5, 16, 0, 11)


def test_a_single_frame_and_a_long_video_take_little_memory() -> None:
    frame, video = track(footage(1, seed=2), step_s=0.04), track(footage(7_200, seed=1))
    frame.vectors[:] = video.vectors[5_000]
    tracemalloc.start()
    found = find_alignments(frame, video)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found[0].start_s == pytest.approx(5_000, abs=1) and found[0].score == pytest.approx(1, abs=1e-3)
    assert len({int(entry.start_s) for entry in found}) == len(found), "each in a second of its own"
    assert peak < 5 * video.vectors.nbytes


def test_long_videos_are_compared_on_a_coarser_grid() -> None:
    video = np.repeat(footage(1_200, seed=1), 6, axis=0)  # two hours; a scene lasts six seconds
    found = align(track(video[1_800:5_400]), track(video))
    assert found.start_s == pytest.approx(1_800, abs=20) and found.end_s == pytest.approx(5_400, abs=20)
