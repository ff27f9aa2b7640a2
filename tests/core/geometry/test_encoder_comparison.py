"""Two encoders side by side: those that agree, those that do not, and what is known of the pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from fakes import COLORS, ColorEncoder
from PIL import Image

from core import Library, ingest
from core.encoders.base import Vectors, unit_rows
from core.encoders.reduced import learn_reduction
from core.errors import DataError
from core.geometry.encoder_comparison import (
    compute_cka,
    compute_overlap,
    find_common_ids,
    measure_agreement,
    measure_size,
    measure_speeds,
)
from core.geometry.ground_truth import measure_retrieval, measure_zero_shot_accuracy
from core.library.points import load_points
from core.library.reduced_copy import store_reduced
from core.progress import Task


class RandomEncoder(ColorEncoder):
    """Sees nothing: every picture and text points anywhere, always to the same place."""

    def __init__(self) -> None:
        super().__init__("random-1", "random")

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        return self._anywhere([image.convert("RGB").tobytes() for image in images])

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        return self._anywhere([text.encode() for text in texts])

    def _anywhere(self, data: list[bytes]) -> Vectors:
        seeds = (int.from_bytes(entry[:3000:97] + len(entry).to_bytes(4)) % 2**63 for entry in data)
        return unit_rows(np.array([np.random.default_rng(seed).normal(size=48) for seed in seeds]).reshape(-1, 48))


@pytest.fixture
def shades(tmp_path: Path, encoder: ColorEncoder) -> Library:
    """Twelve shades of each of four colours, by the colour encoder and by one that sees nothing."""
    rng = np.random.default_rng(3)
    for name in ("red", "green", "blue", "yellow"):
        for number in range(12):
            noise = rng.integers(-25, 25, (24, 32, 3))
            pixels = np.clip(np.array(COLORS[name]) + noise - 2 * number, 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / f"{name}{number}.png")
    library = Library(tmp_path / "library", create=True)
    ingest(library, encoder, [tmp_path])
    ingest(library, RandomEncoder(), [tmp_path])
    return library


def test_cka_knows_a_turned_space_and_an_unrelated_one() -> None:
    rng = np.random.default_rng(0)
    a = rng.normal(size=(200, 60)).astype(np.float32)
    turn = np.linalg.qr(rng.normal(size=(60, 60)))[0]
    assert compute_cka(a, 3 * a @ turn) == pytest.approx(1.0, abs=1e-3)
    rest = [compute_cka(a, rng.normal(size=(200, 400)).astype(np.float32)) for _ in range(5)]
    assert abs(np.mean(rest)) < 0.02  # the plain estimate calls these about 0.4 alike
    half = np.concatenate([a, rng.normal(size=(200, 60)).astype(np.float32)], axis=1)
    assert 0.5 < compute_cka(a, half) < 0.9


def test_neighbours_are_the_same_or_not() -> None:
    rng = np.random.default_rng(0)
    a = unit_rows(rng.normal(size=(300, 40)))
    assert compute_overlap(a, a @ np.linalg.qr(rng.normal(size=(40, 40)))[0].astype(np.float32)) > 0.99
    assert compute_overlap(a, unit_rows(rng.normal(size=(300, 40)))) == pytest.approx(10 / 299, abs=0.02)


def test_fewer_dimensions_agree_and_blindness_does_not(
    shades: Library, encoder: ColorEncoder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SEMBLANCE_HOME", str(tmp_path / "home"))
    reduction = learn_reduction(encoder, load_points(shades, encoder).vectors, 24)
    less = measure_agreement(shades, encoder, store_reduced(shades, encoder, reduction))
    blind = measure_agreement(shades, encoder, RandomEncoder())
    assert less.overlap > 0.7 and less.cka > 0.95
    assert blind.overlap == pytest.approx(blind.chance, abs=0.08) and abs(blind.cka) < 0.2
    assert less.beyond_chance > 0.6 > 0.1 > blind.beyond_chance
    worst = blind.odd[0]
    assert worst.overlap <= blind.overlap and worst.item.id not in {item.id for item in worst.first + worst.second}


def test_neighbours_of_the_odd_ones_come_nearest_first(shades: Library, encoder: ColorEncoder) -> None:
    found = measure_agreement(shades, encoder, RandomEncoder())
    for entry in found.odd:  # under the colour encoder, what is near has the same colour
        color = Path(entry.item.path).stem.rstrip("0123456789")
        assert all(Path(item.path).stem.startswith(color) for item in entry.first)


def test_too_few_common_items_are_explained(library: Library, encoder: ColorEncoder, photos: Path) -> None:
    blind = RandomEncoder()
    ingest(library, blind, [photos / "red.png"])
    assert len(find_common_ids(library, [encoder, blind])) == 1
    with pytest.raises(DataError, match="four"):
        measure_agreement(library, encoder, blind)


def test_captions_and_classes_tell_who_sees(shades: Library, encoder: ColorEncoder) -> None:
    rows = shades.items().to_pylist()
    labels = {row["id"]: Path(row["path"]).stem.rstrip("0123456789") for row in rows}
    seeing, blind = measure_zero_shot_accuracy(shades, [encoder, RandomEncoder()], labels)
    assert seeing.accuracy == 1.0 and not seeing.is_guessing
    assert blind.is_guessing and seeing.chance == seeing.commonest == 0.25
    pairs = [(item_id, label) for item_id, label in labels.items()]
    found, guessed = measure_retrieval(shades, [encoder, RandomEncoder()], pairs)
    assert (found.pool, found.captions) == (48, 48)
    assert found.t2i.r10 > 0.5 > guessed.t2i.r10
    assert guessed.is_guessing and not found.is_guessing
    with pytest.raises(DataError, match="captioned"):
        measure_retrieval(shades, [encoder], [("nobody", "red")])
    with pytest.raises(DataError, match="two classes"):
        measure_zero_shot_accuracy(shades, [encoder], dict.fromkeys(labels, "red"))


def test_sizes_and_speeds(shades: Library, encoder: ColorEncoder) -> None:
    size = measure_size(shades, encoder)
    assert (size.dim, size.bytes, size.vectors, size.total) == (48, 96, 48, 48 * 96)
    predictions = []
    speeds = measure_speeds(shades, [encoder, RandomEncoder()], task=Task(predictions.append))
    assert [speed.images for speed in speeds] == [48, 48] and all(speed.images_per_s > 0 for speed in speeds)
    assert predictions[-1].done == predictions[-1].total == 6, "three turns each"


def test_speed_without_a_picture_is_explained(tmp_path: Path, encoder: ColorEncoder) -> None:
    with pytest.raises(DataError, match="No picture"):
        measure_speeds(Library(tmp_path / "empty", create=True), [encoder])
