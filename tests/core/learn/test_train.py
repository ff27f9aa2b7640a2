"""An embedding of movies is learned from who watched what, and from nothing else."""

from __future__ import annotations

import csv
import io
import threading

import numpy as np
import psutil
import pytest

from core.errors import ApartError, DataError
from core.learn.isolated import IsolatedTraining
from core.learn.maps import align_map, compute_map, compute_maps
from core.learn.metrics import find_nearest, measure_same_group, measure_same_group_chance
from core.learn.movies import Movies, Watched, load_known_movies
from core.learn.sequences import split
from core.learn.simulate import simulate
from core.learn.source import main_groups
from core.learn.state import TrainingSettings
from core.learn.table import embedding_csv
from core.learn.train import Training
from core.progress import Progress, Task
from core.recommend.log_reader import InteractionLog, make_log

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def watched() -> Watched:
    return simulate(viewers=500, watched=40)


def of_rows(rows: list[tuple[str, str]]) -> Watched:
    log = make_log(rows)
    count = len(log.item_names)
    return Watched(log, Movies(log.item_names, np.zeros(count, np.int64), ((),) * count), "rows")


def test_movies_are_many_each_once_and_of_many_genres_and_times() -> None:
    movies = load_known_movies()
    mains = [genre for genre in main_groups(movies) if genre]
    assert len(movies) >= 400 and len(set(zip(movies.titles, movies.years, strict=True))) == len(movies)
    assert len(mains) == len(movies) and len(set(mains)) >= 10
    assert max(map(mains.count, set(mains))) < 1.3 * min(map(mains.count, set(mains))), "balanced"
    assert all(1 <= len(genres) == len(set(genres)) <= 4 for genres in movies.genres)
    assert all(np.sum(movies.years // 10 == decade) >= 20 for decade in range(193, 202))


def test_simulated_viewers_watch_nothing_twice_and_follow_their_moods(watched: Watched) -> None:
    log, movies = watched.log, watched.movies
    assert len(log) == 500 * 40 and watched.simulated and "imulated" in watched.source
    assert len(set(zip(log.users.tolist(), log.items.tolist(), strict=True))) == len(log)
    genre = np.unique([str(entry) for entry in main_groups(movies)], return_inverse=True)[1]
    follows = np.mean([np.mean(np.diff(genre[log.user_session(user)]) == 0) for user in range(50)])
    assert follows > 0.3, "the next movie is often of the same genre"
    counts = np.sort(np.bincount(log.items))[::-1]
    assert counts[:52].sum() > 0.25 * len(log), "a tenth of the movies is watched far more often than a tenth"
    again = simulate(viewers=500, watched=40)
    assert np.array_equal(again.log.items, log.items)
    assert not np.array_equal(simulate(viewers=500, watched=40, seed=1).log.items, log.items)


@pytest.mark.parametrize("dim", [2, 16])
def test_genres_are_learned_though_nobody_told_them(watched: Watched, dim: int) -> None:
    training = Training(watched, TrainingSettings(dim=dim, rate=0.02))
    chance = training.baselines.same_group
    first, *_, last = [training.epochs[0], *training.run(15)]
    assert chance is not None and first.same_group == pytest.approx(chance, abs=0.03), "at chance before learning"
    assert last.same_group is not None and last.same_group >= 3 * chance
    assert last.recall is not None and training.baselines.popular is not None
    assert last.recall > training.baselines.popular > (training.baselines.random or 1)
    assert last.loss < first.loss


def test_genres_do_not_reach_the_learner_unless_joined(watched: Watched) -> None:
    swapped = Watched(watched.log, watched.movies.subset(range(len(watched.movies))), "the same")
    object.__setattr__(swapped.movies, "genres", swapped.movies.genres[::-1])
    own, other = (list(Training(entry, TrainingSettings(dim=4)).run(2))[-1] for entry in (watched, swapped))
    assert np.array_equal(own.embedding, other.embedding) and own.same_group != other.same_group
    joined = list(Training(swapped, TrainingSettings(dim=4, genres=True)).run(2))[-1]
    assert not np.allclose(own.embedding, joined.embedding)


def test_sampled_negatives_learn_nearly_as_well(watched: Watched) -> None:
    last = list(Training(watched, TrainingSettings(dim=16, negatives=20, rate=0.02)).run(12))[-1]
    assert last.same_group is not None and last.same_group >= 3 * (measure_same_group_chance(watched.movies) or 1)


def test_a_stopped_training_goes_on_as_if_it_had_not_been_stopped(watched: Watched) -> None:
    settings = TrainingSettings(dim=8, negatives=5)
    whole = list(Training(watched, settings).run(3))
    stopped, cancel, steps = Training(watched, settings), threading.Event(), []

    def stop_soon(_: object) -> None:
        steps.append(1)
        if len(steps) == 25:  # in the middle of the second pass
            cancel.set()

    assert len(list(stopped.run(3, task=Task(stop_soon, cancel)))) == 1
    rest = list(stopped.run(2))
    assert [epoch.number for epoch in stopped.epochs] == [0, 1, 2, 3]
    assert np.array_equal(rest[-1].embedding, whole[-1].embedding) and rest[-1].loss == pytest.approx(whole[-1].loss)


@pytest.mark.parametrize("joined", [False, True])
def test_the_edge_weights_of_a_movie_are_its_coordinates(watched: Watched, joined: bool) -> None:
    training = Training(watched, TrainingSettings(dim=3, genres=joined, year=joined))
    last = list(training.run(1))[-1]
    movie = watched.movies.titles.index("Star Wars")
    edges = training.edges(movie)
    names = [name for name, _, _ in edges]
    assert names == (["Star Wars (1977)", "Action", "Adventure", "Sci-Fi", "year"] if joined else ["Star Wars (1977)"])
    assert np.allclose(sum(value * weights for _, value, weights in edges), last.embedding[movie], atol=1e-5)


def test_what_is_held_out_is_not_learned_from() -> None:
    rows = [("ann", movie) for movie in "abcd"] + [("bob", movie) for movie in "ab"]
    parts = split(make_log(rows))
    assert parts.held.targets.tolist() == [3] and parts.held.contexts[0][:3].tolist() == [2, 1, 0]
    assert sorted(parts.learned.targets.tolist()) == [1, 1, 2], "bob has too few to hold one out"
    assert parts.popularity.tolist() == [2, 2, 1, 0]
    assert np.allclose(parts.held.weights.sum(axis=1), 1) and parts.held.weights[0, 0] > parts.held.weights[0, 1]


def test_little_data_is_learned_from_or_refused_with_a_reason() -> None:
    one = Training(of_rows([("ann", movie) for movie in "abcde"]), TrainingSettings(dim=2))
    epoch = list(one.run(2))[-1]
    assert epoch.embedding.shape == (5, 2) and epoch.same_group is None and epoch.recall in (0, 1)
    assert find_nearest(epoch.embedding, [0]).shape == (1, 4)
    nobody_held = Training(of_rows([("ann", "a"), ("ann", "b"), ("bob", "c")]), TrainingSettings(dim=2))
    assert list(nobody_held.run(1))[-1].recall is None
    for rows in ([("ann", "a")], [("ann", "a"), ("bob", "b"), ("cid", "c")]):
        with pytest.raises(DataError, match="nothing to learn"):
            Training(of_rows(rows))
    for wrong in ({"dim": 0}, {"dim": 65}, {"negatives": -1}, {"rate": 0.0}):
        with pytest.raises(DataError):
            TrainingSettings(**wrong)


def test_neighbours_and_their_genres() -> None:
    line = np.array([[0.0], [1.0], [1.5], [10.0]], np.float32)
    assert find_nearest(line, [0, 3], k=2).tolist() == [[1, 2], [2, 1]]
    movies = Movies(("a", "b", "c", "d"), np.zeros(4, np.int64), (("War",), ("War", "Drama"), ("Crime",), ()))
    assert measure_same_group(line, movies, k=1) == pytest.approx(1 / 3), (
        "a's nearest is of its genre; b's is c; c's is b"
    )
    assert measure_same_group_chance(movies) == pytest.approx(2 / 6)


def test_maps_move_and_do_not_flip() -> None:
    rng = np.random.default_rng(0)
    cloud = rng.normal(size=(50, 2)).astype(np.float32) * [3, 1]
    angle = 2.5
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    assert np.allclose(align_map((cloud @ rotation * [1, 1]).astype(np.float32), cloud), cloud, atol=1e-4)
    wide = rng.normal(size=(50, 8)).astype(np.float32)
    later = wide + 0.01 * rng.normal(size=wide.shape).astype(np.float32)
    before = compute_map(wide)
    assert before.shape == (50, 2) and np.abs(compute_map(later, before=before) - before).max() < 0.5
    assert compute_map(wide[:, :3]) is not None and np.array_equal(compute_map(wide[:, :3]), wide[:, :3])
    maps = compute_maps([wide, later])
    assert np.abs(maps[0] - maps[1]).max() < 0.1


def test_the_embedding_is_taken_away_as_a_table() -> None:
    movies = Movies(("=cmd()", "Alien"), np.array([0, 1979]), ((), ("Horror", "Sci-Fi")))
    rows = list(
        csv.reader(io.StringIO(embedding_csv(movies, np.array([[1, 2], [0.5, -0.25]], np.float32), redact=str)))
    )
    assert rows[0] == ["title", "year", "genres", "d1", "d2"]
    assert rows[1][:3] == ["'=cmd()", "", ""] and rows[2] == ["Alien", "1979", "Horror|Sci-Fi", "0.5", "-0.25"]


def test_a_log_without_repeats_is_what_counts() -> None:
    ones = np.ones(4, np.float32)
    log = InteractionLog(np.zeros(4, np.int64), np.array([0, 1, 0, 2]), np.arange(4.0), ones, ("ann",), ("a", "b", "c"))
    assert split(log).held.contexts[0][:2].tolist() == [1, 0], "watched again counts as first"


def test_a_training_apart_that_is_stopped_and_goes_on_is_the_one_that_was_not(watched: Watched) -> None:
    settings = TrainingSettings(dim=8, negatives=5, genres=True)
    whole = Training(watched, settings)
    list(whole.run(2))
    isolated, cancel = IsolatedTraining(watched, settings), threading.Event()

    def stop_soon(progress: Progress) -> None:
        if progress.done:
            cancel.set()

    assert len(list(isolated.run(2, task=Task(stop_soon, cancel)))) < 2
    rest = list(isolated.run(2 - isolated.epochs[-1].number))
    assert [epoch.number for epoch in isolated.epochs] == [0, 1, 2] and rest[-1] is isolated.epochs[-1]
    for own, other in zip(whole.epochs, isolated.epochs, strict=True):
        assert np.array_equal(own.embedding, other.embedding) and own.loss == pytest.approx(other.loss)
        assert own.recall == other.recall and own.same_group == other.same_group
    assert isolated.info.baselines == whole.baselines and np.array_equal(isolated.info.drawn, whole.drawn)
    for (name, value, weights), (other_name, other_value, others) in zip(
        whole.edges(5), isolated.edges(5), strict=True
    ):
        assert (name, value) == (other_name, other_value) and np.array_equal(weights, others)


def test_a_training_apart_that_broke_down_goes_on_after_its_last_epoch(watched: Watched) -> None:
    settings = TrainingSettings(dim=4)
    isolated = IsolatedTraining(watched, settings)
    with pytest.raises(ApartError, match="want of memory"):
        for _ in isolated.run(90):
            (child,) = (
                entry for entry in psutil.Process().children() if "core.isolation.worker" in " ".join(entry.cmdline())
            )
            child.kill()
    reached = isolated.epochs[-1].number
    assert 1 <= reached < 90
    list(isolated.run(1))
    assert np.array_equal(
        isolated.epochs[-1].embedding, list(Training(watched, settings).run(reached + 1))[-1].embedding
    )


def test_a_training_apart_refuses_what_one_here_refuses(watched: Watched) -> None:
    with pytest.raises(DataError, match="nothing to learn"):
        list(IsolatedTraining(of_rows([("ann", "a")])).run(1))
    with pytest.raises(DataError, match="100 epochs"):
        list(IsolatedTraining(watched).run(101))
