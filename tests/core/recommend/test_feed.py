"""Tastes, feeds with reasons, what a log says, and both measured on what came later."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fakes import COLORS, ColorEncoder
from PIL import Image

from core.encoders.base import unit_rows
from core.errors import DataError
from core.evaluation.recommend import evaluate_recommend
from core.library import Library
from core.library.schema import Item, VectorRow
from core.library.track import get_item_vectors
from core.media.modality import Segment
from core.progress import Progress, Task
from core.recommend.collaborative import extend_with_content, learn_behavior
from core.recommend.feed import recommend
from core.recommend.log_reader import InteractionLog, make_log, read_log, resolve_items
from core.recommend.simulated import simulate_log
from core.recommend.tastes import compute_tastes


@pytest.fixture
def shades(tmp_path: Path, encoder: ColorEncoder) -> Library:
    """Ten shades each of four colours, and their ids: red0 to red9 and so on."""
    library = Library(tmp_path / "library", create=True)
    for name in ("red", "green", "blue", "black"):
        pictures = [Image.new("RGB", (8, 8), tuple(max(0, part - 5 * n) for part in COLORS[name])) for n in range(10)]
        vectors = encoder.encode_images(pictures)
        library.add_vectors(encoder, [VectorRow(f"{name}{n}", vector) for n, vector in enumerate(vectors)])
        library.put_items([Item(f"{name}{n}", f"/{name}{n}.png", "image", "ok", 1, 1) for n in range(10)])
    return library


def shown(feed) -> list[str]:  # type: ignore[no-untyped-def]
    return [recommendation.item.id for recommendation in feed.recommendations]


def test_likes_of_two_kinds_are_two_tastes_and_both_are_served(shades: Library, encoder: ColorEncoder) -> None:
    feed = recommend(shades, encoder, ["red0", "red4", "red7", "blue0", "blue3"], k=10, exploration=0.0, diversity=0.1)
    assert len(feed.tastes) == 2 and feed.tastes.liked_tastes.tolist() == [0, 0, 0, 1, 1]
    reds, blues = (sum(entry.startswith(name) for entry in shown(feed)) for name in ("red", "blue"))
    assert (reds, blues) == (6, 4)  # as their shares of the likes
    for entry in feed.recommendations:
        assert entry.by == "content" and entry.because
        assert {because[:3] for because in entry.because} == {entry.item.id[:3]}  # its reasons are of its own kind


def test_what_is_known_does_not_come_back_and_what_is_disliked_goes(shades: Library, encoder: ColorEncoder) -> None:
    liked, seen = ["red0", "blue0"], {f"red{n}" for n in range(1, 5)}
    feed = recommend(shades, encoder, liked, ["blue5"], seen=seen, k=40, exploration=0.0)
    assert not {*liked, "blue5", *seen} & set(shown(feed)) and len(set(shown(feed))) == len(shown(feed))
    before = recommend(shades, encoder, liked, k=8, exploration=0.0)
    after = recommend(shades, encoder, liked, [f"blue{n}" for n in range(3, 9)], k=8, exploration=0.0)
    scores = {recommendation.item.id: recommendation.score for recommendation in before.recommendations}
    fallen = [
        scores[recommendation.item.id] - recommendation.score
        for recommendation in after.recommendations
        if recommendation.item.id in ("blue1", "blue2")
    ]
    assert fallen and min(fallen) > 0.1


def test_what_is_near_to_no_like_does_not_say_that_it_is(shades: Library, encoder: ColorEncoder) -> None:
    feed = recommend(shades, encoder, ["red0"], k=39, exploration=0.0)
    by = {recommendation.item.id: recommendation.by for recommendation in feed.recommendations}
    assert by["red1"] == "content" and by["blue0"] == "other"
    assert not any(recommendation.because for recommendation in feed.recommendations if recommendation.by == "other")


def test_a_long_video_leaves_room_and_its_card_shows_what_is_near(shades: Library, encoder: ColorEncoder) -> None:
    red, blue = encoder.encode_images([Image.new("RGB", (8, 8), COLORS[name]) for name in ("red", "blue")])
    frames = [
        VectorRow("film", blue, Segment(0.0, 1.0)),
        *(VectorRow("film", red, Segment(n, n + 1.0)) for n in range(1, 1_000)),
    ]
    shades.add_vectors(encoder, frames)
    shades.put_items([Item("film", "/film.mp4", "video", "ok", 1, 1, duration_s=1_000.0)])
    feed = recommend(shades, encoder, ["red0"], k=20, exploration=0.0, diversity=0.0)
    assert len(shown(feed)) == 20 and "exploration" not in {
        recommendation.by for recommendation in feed.recommendations
    }
    feed = recommend(shades, encoder, ["red0", "blue0"], k=20, exploration=0.0, diversity=0.0)
    assert len(shown(feed)) == 20 and "exploration" not in {
        recommendation.by for recommendation in feed.recommendations
    }
    assert {"red1", "blue1"} <= set(shown(feed))
    (film,) = (recommendation for recommendation in feed.recommendations if recommendation.item.id == "film")
    assert film.time_s is not None and ((film.time_s == 0.0) == (film.because[0] == "blue0"))


def test_exploration_takes_its_share_and_without_likes_all(shades: Library, encoder: ColorEncoder) -> None:
    feed = recommend(shades, encoder, ["red0"], k=20, exploration=0.5, seed=3)
    explored = [entry for entry in feed.recommendations if entry.by == "exploration"]
    assert 4 <= len(explored) <= 16 and not any(entry.because for entry in explored)
    nothing_known = recommend(shades, encoder, [], k=12)
    assert {entry.by for entry in nothing_known.recommendations} == {"exploration"} and len(shown(nothing_known)) == 12
    popular = recommend(shades, encoder, [], k=3, exploration=0.0, behavior={"green7": 5.0, "black2": 9.0, "red1": 1.0})
    assert shown(popular) == ["black2", "green7", "red1"]
    assert {entry.by for entry in popular.recommendations} == {"popularity"}


def test_behaviour_takes_its_share_of_a_score(shades: Library, encoder: ColorEncoder) -> None:
    rest = {f"{name}{n}": 0.0 for name in ("red", "green", "blue", "black") for n in range(10)} | {"green7": 9.0}
    assert shown(recommend(shades, encoder, ["red0"], k=1, exploration=0, behavior=rest, mix=1.0)) == ["green7"]
    nearest = shown(recommend(shades, encoder, ["red0"], k=1, exploration=0, behavior=rest, mix=0.0))
    assert nearest[0].startswith("red")


def test_shares_are_shares_and_strangers_are_passed_over(shades: Library, encoder: ColorEncoder) -> None:
    with pytest.raises(DataError, match="diversity must be between"):
        recommend(shades, encoder, ["red0"], diversity=1.5)
    assert recommend(shades, encoder, ["no such item"], k=2).liked == ()
    assert len(compute_tastes(np.zeros((0, 4), np.float32))) == 0


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_logs_are_read_in_the_order_of_time(tmp_path: Path) -> None:
    log = read_log(
        write(tmp_path / "log.csv", "user,item,time\nann,b,2026-03-02 10:00:00\nann,a,2026-03-01 10:00:00\n")
    )
    assert [log.item_names[item] for item in log.user_session(0)] == ["a", "b"]
    ratings = read_log(write(tmp_path / "ratings.csv", "userId,movieId,rating,timestamp\n7,31,2.5,100\n7,9,4,50\n"))
    assert ratings.item_names == ("31", "9") and ratings.weights.tolist() == [4.0, 2.5]
    for text, said in (
        ("who,what\na,b\n", "needs the columns user and item"),
        ("user,item,time\na,b,soon\n", "numbers or dates"),
        ("user,item,weight\na,b,-1\n", "above 0"),
        ("", "cannot be read"),
    ):
        with pytest.raises(DataError, match=said):
            read_log(write(tmp_path / "wrong.csv", text))


def test_items_of_a_log_are_found_in_a_library() -> None:
    log = make_log([("ann", "a.jpg"), ("ann", "gone.jpg"), ("bob", "/photos/a.jpg")])
    found, unknown = resolve_items(log, {"a.jpg": "id1", "/photos/a.jpg": "id1"})
    assert unknown == ("gone.jpg",) and len(found) == 2 and {found.item_names[item] for item in found.items} == {"id1"}
    assert len(resolve_items(log, {})[0]) == 0


def crowds(*, cold: int = 6, users: int = 200) -> tuple[InteractionLog, np.ndarray]:
    """A log of two crowds with twenty items each, the last of which come late and are sought after then, and the items'
    content: what crowd."""
    rng = np.random.default_rng(0)
    rows: list[tuple[str, str, float]] = []
    for user in range(users):
        for at in np.sort(rng.random(20)):
            new = at > 0.8 and rng.random() < 0.6
            item = rng.integers(20 - cold, 20) if new else rng.integers(20 - cold)
            rows.append((f"u{user}", f"{'ab'[user % 2]}{item:02}", float(at)))
    log = make_log([row[:2] for row in rows], times=[row[2] for row in rows])
    noise = 0.2 * rng.normal(size=(len(log.item_names), 8))
    side = np.array([[name[0] == "a", name[0] == "b"] for name in log.item_names], float)
    return log, unit_rows(np.concatenate([side, noise], axis=1))


def test_behaviour_tells_one_crowd_from_the_other_and_content_what_is_new() -> None:
    log, content = crowds()
    early = log.part(log.times < 0.8)
    behavior = learn_behavior(early)
    session = [number for number, name in enumerate(log.item_names) if name in ("a01", "a02", "a03")]
    own = np.array([name[0] == "a" for name in log.item_names])
    for method in ("als", "together"):
        scores = behavior.scores(session, by=method)
        warm = behavior.warm & ~np.isin(np.arange(len(own)), session)
        assert np.median(scores[warm & own]) > scores[warm & ~own].max()
    whole = extend_with_content(behavior, content)
    assert (~whole.warm).sum() == 12
    moved = np.linalg.norm(whole.factors - behavior.factors, axis=1)
    assert moved[whole.popularity > 50].max() < 0.05 < moved[~whole.warm].min()  # many people speak for themselves
    scores = whole.scores(session)
    assert scores[~whole.warm & own].mean() > scores[~whole.warm & ~own].max()


def test_figures_of_a_log_cut_in_time() -> None:
    log, content = crowds()
    predictions: list[Progress] = []
    report = evaluate_recommend(log, content, k=3, task=Task(predictions.append))
    for stage in ("learn", "weigh", "measure"):  # each of them takes long with a real log
        parts = [entry.fraction for entry in predictions if entry.stage == stage]
        assert len(set(parts)) > 10 and parts[-1] > 0.9, f"{stage} says how far it is"
    of = {entry.method: entry for entry in report.methods}
    assert 6 <= report.cold_items <= 12 and set(of) == {
        "random", "popularity", "together", "behaviour", "content", "both"
    }  # fmt: skip
    assert of["behaviour"].recall > of["random"].recall and of["both"].recall > of["behaviour"].recall
    assert of["both"].cold_recall is not None and of["popularity"].cold_recall is not None
    assert of["both"].cold_recall > of["popularity"].cold_recall + 0.1
    assert of["popularity"].coverage < of["both"].coverage <= 1
    with pytest.raises(DataError, match="too short"):
        evaluate_recommend(make_log([("a", "x"), ("b", "y")]))


def test_simulated_visitors_choose_by_topic_and_by_fancies(shades: Library, encoder: ColorEncoder) -> None:
    index = shades.index(encoder)
    log = simulate_log(index)
    again = simulate_log(index)
    assert np.array_equal(log.items, again.items) and np.array_equal(log.users, again.users)
    assert len(log.user_names) == 300 and set(log.item_names) <= set(index.items["id"].to_pylist())
    assert all(len(set(items.tolist())) == len(items) for items in log.by_user().values()), "nothing twice"
    report = evaluate_recommend(log, get_item_vectors(index, list(log.item_names))[1], k=5)
    recall = {method.method: method.recall for method in report.methods}
    assert recall["together"] > 1.5 * recall["random"] and recall["content"] > recall["random"]
