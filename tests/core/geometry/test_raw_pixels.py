"""Pixels beside embeddings: what distances tell of points whose labels are known, and what is learned from either."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from fakes import COLORS, ColorEncoder
from PIL import Image

from core.errors import Cancelled, DataError
from core.evaluation.pixels import compare_inputs, evaluate_pixels, learn_inputs
from core.geometry.distance_contrast import (
    compute_distances,
    compute_pair_distances,
    find_equivalent_dims,
    find_nearest,
    measure_contrast,
    measure_random_contrast,
)
from core.geometry.linear_probe import measure_input_curve
from core.geometry.raw_pixels import full_numbers, load_pixels, to_image
from core.library import Library
from core.library.schema import Item
from core.progress import Task


def hills(apart: float, *, count: int = 60, numbers: int = 8) -> tuple[np.ndarray, list[str]]:
    """Two labels, whose points lie so far apart, in spreads of 1."""
    rng = np.random.default_rng(0)
    points = rng.normal(size=(count, numbers)).astype(np.float32)
    points[::2, 0] += apart
    return points, ["odd" if row % 2 else "even" for row in range(count)]


def test_pixels_are_the_light_of_the_middle_square(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"not a picture")
    wide = Image.new("RGB", (90, 30), COLORS["blue"])
    wide.paste(Image.new("RGB", (30, 30), COLORS["red"]), (30, 0))
    wide.save(tmp_path / "wide.png")
    found = load_pixels([photos / "red.png", tmp_path / "broken.png", tmp_path / "wide.png"], side=8)
    assert found.values.shape == (2, 192) and list(found.rows) == [0, 2]
    assert [path for path, _ in found.unread] == [str(tmp_path / "broken.png")]
    assert np.allclose(found.values[0].reshape(-1, 3) * 255, COLORS["red"], atol=1)
    assert np.allclose(found.values[1].reshape(8, 8, 3)[:, 2:6] * 255, COLORS["red"], atol=8)
    assert to_image(found.values[0]).size == (8, 8)
    with pytest.raises(DataError, match="can be read"):
        load_pixels([tmp_path / "broken.png"])
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        load_pixels([photos / "red.png"], task=Task(cancel=stop))


def test_the_size_in_the_middle_is_told(library: Library) -> None:
    items = [Item.from_row(row) for row in library.items().to_pylist()]
    assert full_numbers(items) is not None and 80 * 60 * 3 <= full_numbers(items) <= 87 * 60 * 3  # type: ignore[operator]
    assert full_numbers([]) is None


def test_agreement_tells_labels_that_lie_apart_from_those_that_do_not() -> None:
    separate, labels = hills(20.0)
    mixed, _ = hills(0.0)
    assert measure_contrast(separate, labels).agreement == 1.0
    predictions = measure_contrast(mixed, labels)
    assert (
        predictions.chance is not None
        and abs(predictions.chance - 0.5) < 0.02
        and abs((predictions.agreement or 0) - 0.5) < 0.1
    )
    assert measure_contrast(separate).agreement is None and predictions.numbers == 8 and predictions.bytes == 32
    assert measure_contrast(separate, [None] * 60).agreement is None


def test_pairs_of_one_label_are_nearer_where_the_label_shows() -> None:
    separate, labels = hills(20.0)
    mixed, _ = hills(0.0)
    shown, hidden = compute_pair_distances(separate, labels), compute_pair_distances(mixed, labels)
    assert shown is not None and shown.order == 1.0
    assert hidden is not None and abs(hidden.order - 0.5) < 0.05
    assert shown.same.sum() == pytest.approx(1) and shown.different.sum() == pytest.approx(1)
    assert (
        compute_pair_distances(separate, ["one"] * 60) is None and compute_pair_distances(separate, [None] * 60) is None
    )


def test_distances_of_random_vectors_concentrate() -> None:
    found = measure_random_contrast([2, 16, 128, 1024], 200)
    values = list(found.values())
    assert values == sorted(values, reverse=True) and values[0] > 10 and values[-1] < 0.2
    assert find_equivalent_dims(found[128], found) == pytest.approx(128)
    assert 16 < find_equivalent_dims((found[16] + found[128]) / 2, found) < 128
    filled = np.zeros((200, 1024), np.float32)  # many numbers, of which few are used
    filled[:, :16] = np.random.default_rng(1).normal(size=(200, 16))
    assert 11 < find_equivalent_dims(measure_contrast(filled).relative_contrast, found) < 22


def test_copies_do_not_count_as_near() -> None:
    points = np.random.default_rng(0).normal(size=(60, 300)).astype(np.float32) + 50  # far from 0, as light is
    once, twice = (
        measure_contrast(points).relative_contrast,
        measure_contrast(np.repeat(points, 2, axis=0)).relative_contrast,
    )
    assert twice == pytest.approx(once, rel=1e-3)
    with pytest.raises(DataError, match="copies of one"):
        measure_contrast(np.repeat(points[:1], 5, axis=0))


def test_the_nearest_leave_out_the_picture_itself() -> None:
    points = np.array([[0.0], [1.0], [3.0], [0.0]], np.float32)
    rows, distances = find_nearest(points, 0, 2)
    assert list(rows) == [3, 1] and list(distances) == [0.0, 1.0]
    assert compute_distances(points)[0, 2] == pytest.approx(3.0)


def test_a_linear_layer_learns_what_its_input_shows() -> None:
    easy, labels = hills(8.0)
    hard, _ = hills(0.0)
    good, bad = measure_input_curve(easy, labels), measure_input_curve(hard, labels)
    assert good.accuracy[16] > 0.95 and abs(bad.accuracy[16] - 0.5) < 0.2
    assert (good.classes, good.parameters, good.multiplications) == (2, 2 * 9, 2 * 8)
    assert good.reaches(0.9) in (1, 2, 4, 8) and bad.reaches(0.99) is None
    with pytest.raises(DataError, match="three pictures of each of at least two"):
        measure_input_curve(easy, ["one"] * 58 + ["two"] * 2)


def test_the_whole_comparison_on_files(tmp_path: Path, encoder: ColorEncoder) -> None:
    rng = np.random.default_rng(0)
    rows = ["image,label"]
    for name in ("red", "blue"):
        for number in range(6):
            shade = np.clip(np.array(COLORS[name]) + rng.integers(-20, 20, (40, 40, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(shade).save(tmp_path / f"{name}{number}.png")
            rows.append(f"{name}{number}.png,{name}")
    (tmp_path / "labels.csv").write_text("\n".join(rows))
    report = evaluate_pixels(encoder, tmp_path, tmp_path / "labels.csv", side=8)
    assert (report.pictures, report.classes) == (12, 2)
    assert report.inputs["embedding"].learned.parameters == 2 * 49 and report.inputs["pixels"].contrast.numbers == 192
    assert report.inputs["embedding"].order == 1.0


def test_what_cannot_be_read_stays_out_of_both(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"")
    paths = [photos / "red.png", tmp_path / "broken.png", photos / "white.png", photos / "blue.png"]
    vectors = np.eye(4, 5, dtype=np.float32)
    compared = compare_inputs(paths, vectors, ["a", "b", None, "a"], side=8)
    assert list(compared.rows) == [0, 2, 3] and compared.labels == ("a", None, "a")
    assert np.array_equal(compared.values("embedding"), vectors[[0, 2, 3]]) and not compared.pairs
    with pytest.raises(DataError):
        learn_inputs(compared)
    with pytest.raises(DataError, match="three pictures"):
        compare_inputs(paths[:2], vectors[:2], [None, None])
