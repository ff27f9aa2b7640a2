"""Moments of made-up videos: scenes are points in a space, frames of a scene lie around it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from core.encoders.base import Vectors, unit_rows
from core.library.track import Track
from core.search.moments import Background, Curve, Moment, compute_curve, find_moments, get_shot_at

DIM = 64
CHANCE = Background(typical=0.05, spread=0.1, baseline_cosine=0.0)
QUERY = np.eye(1, DIM, dtype=np.float32)[0]

Scene = tuple[int, float, float]  # which one, its seconds, its cosine with the query


def film(scenes: Sequence[Scene], *, step_s: float = 1.0, noise: float = 0.02, seed: int = 0) -> Track:
    """A row each `step_s`; scenes of one number look alike, those of others do not."""
    dice, rows = np.random.default_rng(seed), []
    for number, seconds, cosine in scenes:
        look = np.eye(1, DIM, number, dtype=np.float32)[0]  # number > 0: at right angles to the query
        middle = cosine * QUERY + np.sqrt(1 - cosine**2) * look
        rows.append(middle + noise * dice.normal(size=(round(seconds / step_s), DIM)))
    vectors = unit_rows(np.concatenate(rows))
    start_s = (np.arange(len(vectors)) * step_s).astype(np.float32)
    return Track(start_s, (start_s + step_s).astype(np.float32), vectors)


def judge(scores: NDArray[np.float32], vectors: Vectors) -> NDArray[np.float32]:
    return scores.clip(0, 1)  # likely from a cosine of 0.4 on


def found(track: Track, background: Background = CHANCE, *, most: int = 8) -> tuple[Curve, tuple[Moment, ...]]:
    curve = compute_curve(track, track.vectors @ QUERY, background)
    return curve, find_moments(curve, track.vectors, background, judge, max_moments=most)


def ranges(moments: Sequence[Moment]) -> list[tuple[float, float]]:
    return [(moment.start_s, moment.end_s) for moment in moments]


def test_a_scene_is_one_moment_from_cut_to_cut() -> None:
    curve, moments = found(film([(1, 6, 0.0), (2, 5, 0.6), (3, 7, 0.1)]))
    assert ranges(moments) == [(6, 11)] and moments[0].likely
    assert 6 < moments[0].peak_s < 11 and moments[0].score == pytest.approx(curve.scores.max())
    assert 0.2 < curve.threshold < 0.5


def test_the_best_of_several_moments_comes_first() -> None:
    _, moments = found(film([(1, 4, 0.5), (2, 6, 0.0), (3, 3, 0.8), (4, 5, 0.1), (5, 4, 0.6)]))
    assert ranges(moments) == [(10, 13), (18, 22), (0, 4)]
    assert [moment.relevance for moment in moments] == sorted((m.relevance for m in moments), reverse=True)
    _, first_only = found(film([(1, 4, 0.5), (2, 6, 0.0), (3, 3, 0.8)]), most=1)
    assert ranges(first_only) == [(10, 13)]


def test_a_bad_frame_does_not_tear_a_moment() -> None:
    _, moments = found(film([(1, 5, 0.0), (2, 4, 0.6), (3, 1, 0.0), (2, 4, 0.6), (1, 5, 0.0)]))
    assert ranges(moments) == [(5, 14)]


def test_noise_within_a_shot_does_not_tear_a_moment() -> None:
    track = film([(1, 8, 0.0), (2, 8, 0.45), (3, 8, 0.0)], noise=0.001)
    scores = track.vectors @ QUERY
    scores[10], scores[13] = 0.15, 0.2  # below half of the peak
    curve = compute_curve(track, scores, CHANCE)
    assert ranges(find_moments(curve, track.vectors, CHANCE, judge)) == [(8, 16)]


def test_smoothing_does_not_reach_beyond_cuts() -> None:
    curve, _ = found(film([(1, 5, 0.0), (2, 2, 0.8), (3, 5, 0.0)]))
    assert curve.smooth[5:7].min() > 0.7 and np.delete(curve.smooth, [5, 6]).max() < 0.15


def test_scenes_that_answer_differently_are_two_moments() -> None:
    _, moments = found(film([(1, 5, 0.0), (2, 4, 0.6), (3, 4, 0.4), (4, 5, 0.0)]))
    assert ranges(moments) == [(5, 9), (9, 13)]
    _, alike = found(film([(1, 5, 0.0), (2, 4, 0.6), (3, 4, 0.59), (4, 5, 0.0)], noise=0.001))
    assert ranges(alike) == [(5, 13)]  # a cut between two views of the same thing


def test_a_video_that_is_all_about_it_is_one_moment() -> None:
    _, moments = found(film([(2, 30, 0.6)], noise=0.03))
    assert ranges(moments) == [(0, 30)] and moments[0].likely


def test_among_scenes_that_are_nearly_it_the_right_one_stands_out() -> None:
    _, moments = found(film([(1, 8, 0.3), (2, 5, 0.75), (3, 8, 0.28)]))
    assert ranges(moments) == [(8, 13)]


def test_nothing_stands_out_of_an_irrelevant_video() -> None:
    wavy = [(number, 3.0, 0.02 * (number % 3)) for number in range(1, 9)]
    _, moments = found(film(wavy))
    assert len(moments) == 1 and not moments[0].likely


def test_a_video_below_what_is_usual_still_has_its_best_stretch() -> None:
    background = Background(typical=0.5, spread=0.1, baseline_cosine=0.0)
    _, moments = found(film([(1, 5, 0.0), (2, 5, 0.2), (3, 5, 0.0)]), background)
    assert ranges(moments) == [(5, 10)] and not moments[0].likely


def test_merged_rows_count_by_their_seconds() -> None:
    plain = film([(1, 20, 0.0), (2, 5, 0.6), (3, 20, 0.1)], noise=0.0)
    rows = np.array([0, 20, 25])
    merged = Track(plain.start_s[rows], np.array([20, 25, 45], np.float32), plain.vectors[rows])
    assert ranges(found(merged)[1]) == ranges(found(plain)[1]) == [(20, 25)]
    assert found(merged)[0].threshold == pytest.approx(found(plain)[0].threshold, abs=0.02)


def test_a_hole_in_the_time_ends_a_moment() -> None:
    track = film([(2, 10, 0.6)])
    cached = np.r_[0:4, 8:10]
    holed = Track(track.start_s[cached], track.end_s[cached], track.vectors[cached])
    assert sorted(ranges(found(holed)[1])) == [(0, 4), (8, 10)]


def test_densely_sampled_videos_have_the_same_moments() -> None:
    _, moments = found(film([(1, 6, 0.0), (2, 5, 0.6), (3, 7, 0.1)], step_s=0.1))
    assert [tuple(round(second, 3) for second in entry) for entry in ranges(moments)] == [(6, 11)]


def test_one_frame_is_one_moment() -> None:
    _, moments = found(film([(1, 1, 0.6)]))
    assert ranges(moments) == [(0, 1)] and moments[0].peak_s == 0.5


def test_a_shot_ends_at_the_cuts_around_a_second() -> None:
    track = film([(1, 4, 0.0), (2, 5, 0.0), (3, 2, 0.0)])
    assert [get_shot_at(track, second, 0.0) for second in (0, 4.5, 8.9, 99)] == [
        slice(0, 4), slice(4, 9), slice(4, 9), slice(9, 11)
    ]  # fmt: skip


def test_what_a_cut_is_depends_on_how_alike_things_are() -> None:
    track = film([(1, 4, 0.9), (2, 5, 0.9)], noise=0.001)  # a cosine of 0.81 between the scenes
    assert get_shot_at(track, 1, 0.0) == slice(0, 9), "alike, where things have nothing in common"
    assert get_shot_at(track, 1, 0.8) == slice(0, 4), "a cut, where everything is as alike"


def test_the_row_at_a_second_is_the_one_shown_then() -> None:
    curve, _ = found(film([(1, 3, 0.5)]))
    assert [curve.at(second) for second in (-1, 0, 0.9, 1, 2.5, 99)] == [0, 0, 0, 1, 2, 2]
