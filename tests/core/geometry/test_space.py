"""Distances, directions, axes and the gap, on vectors whose geometry is known."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from fakes import COLORS, ColorEncoder

from core import Library, Term
from core.encoders.base import Vectors, unit_rows
from core.errors import Cancelled, DataError, QueryError
from core.evaluation.axis import ONE, SEVERAL, compute_rank_correlation, find_mentions
from core.geometry.analogy import solve_analogy, try_analogies
from core.geometry.axis import axis_values, measure_axis, pick_scattered
from core.geometry.directions import shift_along, walk_between
from core.geometry.distance import (
    PairCosines,
    compute_cosine_table,
    compute_distance,
    compute_pair_cosines,
    measure_distance,
    sample_pair_cosines,
)
from core.geometry.modality_gap import (
    close_gap,
    find_fitting_words,
    measure_agreement,
    measure_caption_closing,
    measure_closing,
    measure_gap,
    measure_kept_neighbors,
)
from core.geometry.nearest import NearItem
from core.library.points import load_points
from core.progress import Task


def word(text: str) -> Term:
    return Term("text", text)


def stems(nearest: tuple[NearItem, ...]) -> list[str]:
    return [Path(near.item.path).stem for near in nearest]


def item(library: Library, name: str) -> Term:
    rows = library.items().to_pylist()
    return Term("item", next(row["id"] for row in rows if Path(row["path"]).stem == name))


def apart(seed: int = 0, count: int = 200, dim: int = 32) -> tuple[Vectors, Vectors]:
    """Words and pictures of one meaning each, in two corners of the space."""
    rng = np.random.default_rng(seed)
    meaning = rng.normal(size=(count, dim))
    aside = np.zeros(dim)
    aside[0] = 12.0
    return unit_rows(meaning + aside), unit_rows(meaning + 0.3 * rng.normal(size=meaning.shape) - aside)


@pytest.mark.parametrize(("degrees", "cosine", "euclidean"), [(0, 1, 0), (60, 0.5, 1), (90, 0, 2**0.5), (180, -1, 2)])
def test_angle_cosine_and_euclidean_distance_agree(degrees: float, cosine: float, euclidean: float) -> None:
    turn = np.radians(degrees)
    one, other = np.array([1, 0], np.float32), np.array([np.cos(turn), np.sin(turn)], np.float32)
    usual = PairCosines(
        {"pictures": np.linspace(-1, 1, 101, dtype=np.float32)} | dict.fromkeys(("words",), np.empty(0))
    )
    found = compute_distance(one, other, "pictures", usual)
    assert found.cosine == pytest.approx(cosine, abs=1e-6) and found.euclidean == pytest.approx(euclidean, abs=1e-6)
    assert found.angle_deg == pytest.approx(degrees, abs=0.05)
    assert found.share_below == pytest.approx((cosine + 1) / 2, abs=0.02)
    assert compute_distance(one, other, "words", usual).share_below is None


def test_a_small_angle_is_exact() -> None:
    turn = np.radians(0.01)
    one, other = np.array([1, 0], np.float32), np.array([np.cos(turn), np.sin(turn)], np.float32)
    nothing = PairCosines({"pictures": np.empty(0, np.float32)})
    assert compute_distance(one, other, "pictures", nothing).angle_deg == pytest.approx(0.01, rel=0.01)


def test_terms_are_measured_among_pairs_of_their_own_kind(library: Library, encoder: ColorEncoder) -> None:
    index = library.index(encoder)
    usual = sample_pair_cosines(encoder, index)
    red, picture = word("red"), item(library, "red")
    assert measure_distance(encoder, index, red, picture, usual).kind == "word and picture"
    assert measure_distance(encoder, index, red, word("blue"), usual).kind == "words"
    same = measure_distance(encoder, index, picture, item(library, "red"), usual)
    assert same.kind == "pictures" and same.cosine == pytest.approx(1, abs=1e-3)
    nearest = measure_distance(encoder, index, red, picture, usual)
    far = measure_distance(encoder, index, red, item(library, "blue"), usual)
    assert nearest.cosine > 0.99 and nearest.cosine > far.cosine
    assert nearest.share_below is not None and far.share_below is not None and nearest.share_below > far.share_below


def test_the_pairs_of_one_picture_are_none_and_never_a_thing_with_itself() -> None:
    words, pictures = apart(count=5)
    usual = compute_pair_cosines(words, pictures[:1])
    assert len(usual.by_kind["pictures"]) == 0 and usual.typical("pictures") is None
    assert compute_pair_cosines(words, np.eye(32, dtype=np.float32)).by_kind["pictures"].max() == pytest.approx(0)


def test_a_table_of_cosines_has_ones_on_its_diagonal() -> None:
    table = compute_cosine_table(apart()[0][:4])
    assert np.allclose(np.diag(table), 1, atol=1e-5) and np.allclose(table, table.T)


def test_a_walk_leads_from_one_end_to_the_other_by_equal_angles(library: Library, encoder: ColorEncoder) -> None:
    steps = walk_between(library, encoder, word("red"), word("blue"), steps=5)
    assert [step.share for step in steps] == [0, 0.25, 0.5, 0.75, 1]
    assert stems(steps[0].nearest)[0] == "red" and stems(steps[-1].nearest)[0] == "blue"
    assert stems(steps[2].nearest)[0] == "purple"
    assert all(
        "red" not in stems(step.nearest) for step in walk_between(library, encoder, item(library, "red"), word("blue"))
    )
    with pytest.raises(QueryError, match="are the same"):
        walk_between(library, encoder, word("red"), word("red"))


def test_a_walk_shows_no_item_twice(library: Library, encoder: ColorEncoder) -> None:
    shown = [
        near.item.id for step in walk_between(library, encoder, word("red"), word("blue")) for near in step.nearest
    ]
    assert shown and len(set(shown)) == len(shown)


def test_a_walk_between_opposite_places_has_a_middle(library: Library, encoder: ColorEncoder) -> None:
    steps = walk_between(library, encoder, word("white"), word("black"), steps=3)
    assert stems(steps[0].nearest)[0] == "white" and stems(steps[2].nearest)[0] == "black" and steps[1].nearest


def test_a_direction_is_added_more_and_more(library: Library, encoder: ColorEncoder) -> None:
    steps = shift_along(library, encoder, word("red"), word("black"), word("blue"), amounts=(0.0, 1.0, 4.0))
    assert stems(steps[0].nearest)[0] == "red"
    blue = [
        next((nearest.cosine for nearest in step.nearest if Path(nearest.item.path).stem == "blue"), -1)
        for step in steps
    ]
    assert blue[2] > blue[0]
    with pytest.raises(QueryError, match="are the same"):
        shift_along(library, encoder, word("red"), word("blue"), word("blue"))


def test_an_analogy_adds_and_takes_away(library: Library, encoder: ColorEncoder) -> None:
    found = solve_analogy(library, encoder, word("purple"), word("red"), word("white"), centered=False)
    assert stems(found.items).index("blue") < stems(found.items).index("red")
    mixed = solve_analogy(library, encoder, item(library, "purple"), word("red"), word("white"), centered=False)
    assert "purple" not in stems(mixed.items), "what is asked with is no answer"
    assert 0 <= found.alone <= len(found.items) and len(found.words) == 8


def test_analogies_are_tried_against_their_parts(library: Library, encoder: ColorEncoder) -> None:
    good, bad = ("red", "black", "blue", "purple"), ("red", "purple", "yellow", "blue")
    tried = try_analogies(library, encoder, [bad, good], top_k=1)
    assert tried[0].target == "purple" and not tried[-1].works
    with pytest.raises(QueryError, match="at least 20"):
        try_analogies(library, encoder, [good])
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        try_analogies(library, encoder, [good], top_k=1, task=Task(cancel=cancel))


def test_an_axis_sorts_a_library(library: Library, encoder: ColorEncoder) -> None:
    axis = measure_axis(library, encoder, "black", "white")
    names = [Path(entry.path).stem for entry in axis.points.items(axis.order)]
    assert names[0] == "black" and names[-1] == "white" and axis.by == "words", "eight pictures mark no ends"
    assert axis.standing[axis.order[0]] == 0 and axis.standing[axis.order[-1]] == 1
    assert axis.select_spread(3).tolist() == [axis.order[0], axis.order[4], axis.order[-1]]
    assert axis.select_around(1.0, 2).tolist() == axis.order[-2:].tolist() and len(axis.select_around(0.0, 100)) == 8
    several = measure_axis(library, encoder, "black; black", " white ;; white")
    assert np.allclose(several.values, axis.values, atol=1e-5)
    for low, high, predictions in (
        ("", "white", "each end"),
        (";", "white", "each end"),
        ("white", "white", "same"),
    ):
        with pytest.raises(QueryError, match=predictions):
            measure_axis(library, encoder, low, high)


def test_pictures_that_mark_the_ends_tell_more_than_the_words_name() -> None:
    rng = np.random.default_rng(0)
    true = rng.normal(size=400)
    pictures = unit_rows(true[:, None] + 1.5 * rng.normal(size=(400, 12)))
    ends = unit_rows(np.stack([-np.eye(12)[0], np.eye(12)[0]]))  # of twelve signs of it the words name one
    by_words, by_pictures = axis_values(pictures, ends, by="words"), axis_values(pictures, ends, by="pictures")
    assert compute_rank_correlation(by_words, true) < 0.6
    assert compute_rank_correlation(by_pictures, true) > compute_rank_correlation(by_words, true) + 0.15


def test_points_all_over_a_plane(library: Library, encoder: ColorEncoder) -> None:
    points = load_points(library, encoder)
    across = measure_axis(library, encoder, "black", "white", points=points)
    up = measure_axis(library, encoder, "red", "blue", points=points)
    numbers = pick_scattered(across, up, cells=3).tolist()
    assert len(set(numbers)) == len(numbers) and 3 <= len(numbers) <= 8
    assert across.points is up.points and pick_scattered(across, up, cells=1).shape == (1,)


def test_the_gap_is_measured_and_closed() -> None:
    words, pictures = apart()
    gap, closed = measure_gap(words, pictures), measure_gap(*close_gap(words, pictures, 1.0))
    assert gap.size > 1 and gap.separability == 1 and gap.within_words > 0.5 > gap.across
    assert closed.size < 0.1 and closed.separability < 0.8
    assert measure_gap(*close_gap(words, pictures, 0.0)).size == pytest.approx(gap.size, abs=1e-5)
    assert measure_gap(words, words).separability == 0.5, "nothing lies on either side"
    with pytest.raises(DataError, match="both words and pictures"):
        measure_gap(words[:0], pictures)


def test_closing_the_gap_brings_captions_nearer_to_their_own_pictures() -> None:
    words, pictures = apart()
    steps = measure_closing(words, pictures, shares=(0, 1), owners=np.arange(len(words)))
    assert [step.share for step in steps] == [0, 1]
    first, last = steps
    assert first.own is not None and last.own is not None and first.own < 0 < last.own
    assert last.own - (last.cross_modal or 0) > first.own - (first.cross_modal or 0)
    assert first.recall_1 is not None and last.recall_1 is not None and last.recall_1 >= first.recall_1 > 0.5
    assert measure_closing(words, pictures, shares=(0,))[0].recall_1 is None
    assert measure_kept_neighbors(words, pictures, 0.0) == 1 and 0 < measure_kept_neighbors(words, pictures, 1.0) <= 1


def test_captions_of_a_library_are_ranked(library: Library, encoder: ColorEncoder) -> None:
    pairs = [(str(item(library, name).value), name) for name in COLORS]
    steps = measure_caption_closing(library, encoder, [*pairs, ("nobody", "red")])
    assert steps[0].recall_1 == 1 and steps[0].own == pytest.approx(1, abs=0.01)
    with pytest.raises(DataError):
        measure_caption_closing(library, encoder, [("nobody", "red")])


def test_one_thing_asked_in_two_ways(library: Library, encoder: ColorEncoder, photos: Path) -> None:
    request = {"word": word("blue"), "picture": Term("image", photos / "blue.png"), "item": item(library, "blue")}
    answers, overlaps = measure_agreement(library, encoder, request, top_k=3)
    assert [(overlap.first, overlap.second) for overlap in overlaps] == [
        ("word", "picture"), ("word", "item"), ("picture", "item")
    ]  # fmt: skip
    assert all(overlap.share == 1 for overlap in overlaps) and all(len(ids) == 3 for ids in answers.values())
    assert str(request["item"].value) not in answers["word"], "what is asked with is nobody's answer"
    _, overlaps = measure_agreement(library, encoder, {"red": word("red"), "blue": word("blue")}, top_k=1)
    assert overlaps[0].share == 0


def test_words_that_fit_are_those_that_describe_the_pictures(encoder: ColorEncoder) -> None:
    from core.encoders.reference_prompts import embed_reference_prompts, get_reference_prompts

    target, vectors = get_reference_prompts().index("a cat"), embed_reference_prompts(encoder)
    pictures = np.repeat(vectors[[target, target + 9]], [6, 3], axis=0)
    best = get_reference_prompts().index(find_fitting_words(encoder, pictures, 2)[0])
    assert np.allclose(vectors[best], vectors[target]), "to this encoder several words are one"
    assert find_fitting_words(encoder, pictures[:0], 2) == ()


def test_people_in_captions() -> None:
    captions = {"a": ["A crowd of people.", "two MEN"], "b": ["a man", "the woman's dog"], "c": ["a hill"]}
    assert find_mentions(captions, SEVERAL).tolist() == [1.5, 0, 0]
    assert find_mentions(captions, SEVERAL | ONE).tolist() == [1.5, 1, 0]
    with pytest.raises(DataError, match="nothing to rank"):
        compute_rank_correlation(np.zeros(5), np.arange(5))
