"""Fewer dimensions: what is kept of vectors whose geometry is known, and encoders that have them."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from fakes import ColorEncoder

from core import Library, Term, ingest, search
from core.encoders.base import unit_rows
from core.encoders.reduced import (
    ReducedEncoder,
    learn_reduction,
    load_reduction,
    reduced_title,
    reduction_names,
    save_reduction,
)
from core.errors import Cancelled, DataError, EncoderError
from core.evaluation.dimensions import evaluate_dimensions, measure_dimensions
from core.geometry.dimensions import (
    Captions,
    Classes,
    estimate_intrinsic_dimension,
    find_enough,
    find_knee,
    get_dimension_steps,
    get_nearest_count,
    measure_dimension_curve,
)
from core.geometry.quantization import QuantizedRows
from core.library.derived_copy import store_derived
from core.library.reduced_copy import get_reduction, list_reductions, store_reduced
from core.progress import Task


def flat(count: int, *, inside: int, dim: int, seed: int = 0) -> np.ndarray:
    """Unit vectors that fill only so many of the dimensions, turned at random so that no axis tells which."""
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.normal(size=(dim, dim)))[0]
    return unit_rows(rng.normal(size=(count, inside)) @ turn[:inside])


def test_pca_keeps_all_with_as_many_dimensions_as_are_filled() -> None:
    vectors = flat(300, inside=8, dim=64)
    points = {(entry.method, entry.dim): entry for entry in measure_dimension_curve(vectors, dims=[2, 8, 64])}
    assert points["pca", 8].overlap > 0.99 > 0.6 > points["pca", 2].overlap
    assert points["truncate", 8].overlap < 0.9 and points["random", 8].overlap < 0.9
    assert points["truncate", 64].overlap == points["pca", 64].overlap == 1.0
    assert points["pca", 8].bytes == 32 and points["pca", 8].query_ms > 0


def test_the_knee_and_what_is_enough_lie_where_the_dimensions_end() -> None:
    line = measure_dimension_curve(flat(300, inside=8, dim=64), methods=["pca"])
    bend, cached = find_knee(line), find_enough(line, "overlap")
    assert bend is not None and bend.dim == 8
    assert cached is not None and cached.dim == 8
    assert find_enough(line, "recall") is None and find_knee(line[:2]) is None


@pytest.mark.parametrize("inside", [2, 6])
def test_the_intrinsic_dimension_is_that_of_the_surface(inside: int) -> None:
    rng = np.random.default_rng(0)
    flat_sheet = np.zeros((2_000, 40), np.float32)
    flat_sheet[:, :inside] = rng.uniform(-0.3, 0.3, (2_000, inside))
    flat_sheet[:, -1] = 1.0
    found = estimate_intrinsic_dimension(unit_rows(flat_sheet))
    assert found is not None and abs(found - inside) < 0.2 * inside


def test_bursts_of_alike_pictures_do_not_change_the_intrinsic_dimension() -> None:
    scattered = flat(2_000, inside=6, dim=40)
    rng = np.random.default_rng(1)
    bursts = unit_rows(np.repeat(scattered[:500], 4, axis=0) + 1e-3 * rng.normal(size=(2_000, 40)))
    one, other = estimate_intrinsic_dimension(scattered), estimate_intrinsic_dimension(bursts)
    assert one is not None and other is not None and abs(one - other) < 1 and 4 < other < 6


def test_copies_and_handfuls_have_no_intrinsic_dimension() -> None:
    assert estimate_intrinsic_dimension(np.tile(flat(1, inside=4, dim=8), (50, 1))) is None
    assert estimate_intrinsic_dimension(flat(19, inside=4, dim=8)) is None


def test_a_map_learned_elsewhere_is_told_from_one_learned_here() -> None:
    here, there = flat(200, inside=8, dim=64), flat(200, inside=8, dim=64, seed=1)
    (own,) = measure_dimension_curve(here, methods=["pca"], dims=[8])
    (other,) = measure_dimension_curve(here, methods=["pca"], dims=[8], learned_from=there)
    assert own.overlap > 0.99 and other.overlap < 0.5


def test_signs_keep_less_than_numbers_and_cost_a_bit_each() -> None:
    points = measure_dimension_curve(
        flat(300, inside=32, dim=64), methods=["pca"], precisions=["fp32", "fp16", "int8", "binary"], dims=[64]
    )
    by = {point.precision: point for point in points}
    assert [by[name].bytes for name in ("fp32", "fp16", "int8", "binary")] == [256, 128, 64, 8]
    assert by["fp16"].overlap > 0.98 and by["int8"].overlap > 0.95
    assert 0.2 < by["binary"].overlap < by["int8"].overlap


def test_texts_meet_signs_about_their_own_middle() -> None:
    pictures = flat(200, inside=24, dim=32)
    words = unit_rows(pictures + 3 * flat(1, inside=1, dim=32, seed=5))  # the same, moved by a gap
    coded = QuantizedRows.quantize(pictures, "binary")
    found = (coded.score_queries(words, words=True) @ coded.rows.T).argmax(axis=1)
    blind = (coded.score_queries(words) @ coded.rows.T).argmax(axis=1)
    assert (found == np.arange(200)).mean() > 0.9 > (blind == np.arange(200)).mean() + 0.3


def test_captions_and_classes_are_found_until_the_dimensions_are_too_few() -> None:
    vectors = flat(100, inside=16, dim=32)
    captions = Captions(vectors, np.arange(100))
    classes = Classes(vectors[:2], np.r_[0, 1, np.full(98, -1)])
    points = measure_dimension_curve(vectors, methods=["pca"], dims=[1, 32], captions=captions, classes=classes)
    assert points[1].recall == 1.0 and points[1].accuracy == 1.0
    assert points[0].recall is not None and points[0].recall < 0.9


def test_few_vectors_are_compared_by_fewer_neighbours() -> None:
    assert [get_nearest_count(count) for count in (3, 8, 27, 41, 5_000)] == [1, 1, 6, 10, 10]
    assert get_dimension_steps(48) == [2, 4, 8, 16, 32, 48]
    with pytest.raises(DataError, match="three"):
        measure_dimension_curve(flat(2, inside=2, dim=4))
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        measure_dimension_curve(flat(9, inside=2, dim=4), task=Task(cancel=stop))


def test_the_report_holds_out_half_of_the_pictures(encoder: ColorEncoder) -> None:
    vectors = flat(100, inside=6, dim=48)
    report = measure_dimensions(encoder, vectors, captions=[(row, "red") for row in range(100)], held_out=True)
    assert (report.pool, report.learned_from) == (50, 50) and report.captions == 50
    assert measure_dimensions(encoder, vectors).learned_from == 100


def test_a_folder_is_measured_by_its_tables(photos: Path, tmp_path: Path, encoder: ColorEncoder) -> None:
    captions, labels, rest = tmp_path / "captions.csv", tmp_path / "labels.csv", tmp_path / "others.csv"
    captions.write_text("image,caption\nred.png,red\n./blue.png,blue\nwhite.png,white\nred.png,a red one\n")
    labels.write_text("image,label\nred.png,red\nblue.png,blue\nwhite.png,white\n")
    rest.write_text("image\nmore/green.png\nmore/yellow.png\nmore/black.png\n")
    report = evaluate_dimensions(encoder, photos, captions=captions, labels=labels, learn_from=rest)
    assert (report.pool, report.learned_from, report.captions, report.classes) == (3, 3, 4, 3)
    assert report.line("truncate", "fp32")[-1].accuracy == 1.0
    assert evaluate_dimensions(encoder, photos).pool == 8
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no pictures"):
        evaluate_dimensions(encoder, tmp_path / "empty")


# encoders with fewer dimensions


def test_a_reduction_is_kept_and_opens_by_its_name(encoder: ColorEncoder) -> None:
    reduction = learn_reduction(encoder, flat(60, inside=8, dim=48), 8)
    save_reduction(reduction)
    again = load_reduction(reduction.name)
    assert reduction.name in reduction_names() and np.array_equal(again.weights, reduction.weights)
    assert reduced_title(reduction.name) == "colour, 8 dimensions (PCA)" and reduced_title("colour") is None
    reduced = ReducedEncoder(encoder, again)
    vectors = reduced.encode_texts(["red", "blue"])
    assert vectors.shape == (2, 8) == (2, reduced.dim) and np.allclose(np.linalg.norm(vectors, axis=1), 1)


def test_reductions_of_other_weights_or_nowhere_are_refused(encoder: ColorEncoder) -> None:
    reduction = learn_reduction(encoder, flat(60, inside=8, dim=48), 8)
    with pytest.raises(EncoderError, match="other weights"):
        ReducedEncoder(ColorEncoder("colour-2"), reduction)
    with pytest.raises(EncoderError, match="create it again"):
        load_reduction("colour@pca7-0123456789")
    with pytest.raises(EncoderError, match="not the name of a reduction"):
        load_reduction("colour@../../etc/passwd")
    for dim in (0, 49):
        with pytest.raises(DataError, match="choose 1 to 48"):
            learn_reduction(encoder, flat(60, inside=8, dim=48), dim)
    with pytest.raises(DataError, match="no vectors"):
        learn_reduction(encoder, np.empty((0, 48), np.float32), 4)


def test_a_stored_library_is_searched_and_can_be_undone(library: Library, encoder: ColorEncoder) -> None:
    reduced = store_reduced(library, encoder, get_reduction(library, encoder, 6))
    assert search(library, reduced, [Term("text", "red")]).hits[0].item.path.endswith("red.png")
    assert [entry.dim for entry in list_reductions(library, encoder)] == [6]
    assert get_reduction(library, encoder, 6).name == reduced.name and encoder.images_seen == 8
    store_reduced(library, encoder, get_reduction(library, encoder, 6))
    assert library.vector_count(reduced.id) == 8, "what is there is not stored again"
    library.drop_encoder(reduced.id)
    assert library.vector_count(encoder.id) == 8 and not list_reductions(library, encoder)


def test_storing_can_be_stopped_and_goes_on(library: Library, encoder: ColorEncoder) -> None:
    stop = threading.Event()
    reduction = get_reduction(library, encoder, 6)
    reduced = ReducedEncoder(encoder, reduction)
    with pytest.raises(Cancelled):
        store_derived(library, reduced, at_once=3, task=Task(lambda _: stop.set(), stop))
    assert library.vector_count(reduced.id) == 3
    store_reduced(library, encoder, reduction)
    assert library.vector_count(reduced.id) == 8


def test_videos_keep_their_seconds_and_follow_another_sampling(tmp_path: Path, encoder: ColorEncoder) -> None:
    from media import write_video

    from core.media.sampling import Sampling

    (tmp_path / "clips").mkdir()
    write_video(tmp_path / "clips" / "a.mp4")
    library = Library(tmp_path / "videos", create=True)
    ingest(library, encoder, [tmp_path / "clips"])
    reduction = get_reduction(library, encoder, 4)
    reduced = store_reduced(library, encoder, reduction)
    assert np.array_equal(library.index(reduced).start_s, library.index(encoder).start_s)
    ingest(library, encoder, [tmp_path / "clips"], Sampling(4.0))
    store_reduced(library, encoder, reduction)
    assert np.array_equal(library.index(reduced).end_s, library.index(encoder).end_s)
    assert library.samplings(reduced.id) == library.samplings(encoder.id)
