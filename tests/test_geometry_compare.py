"""Two encoders side by side: those that agree, those that do not, and what is known of the pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from fakes import COLOURS, ColourEncoder
from PIL import Image

from core import Library, ingest
from core.encoders.base import Vectors, unit_rows
from core.encoders.reduced import learn_reduction
from core.errors import DataError
from core.geometry.compare import agreement_of, cka, common_ids, overlap, size_of, speeds_of
from core.geometry.truths import retrieval_of, told_by
from core.library.reduce import store_reduced
from core.points import points_of


class RandomEncoder(ColourEncoder):
    """Sees nothing: every picture and text points anywhere, always to the same place."""

    def __init__(self) -> None:
        super().__init__("random-1", "random")

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        return self._anywhere([image.convert("RGB").tobytes() for image in images])

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        return self._anywhere([text.encode() for text in texts])

    def _anywhere(self, data: list[bytes]) -> Vectors:
        seeds = (int.from_bytes(each[:3000:97] + len(each).to_bytes(4)) % 2**63 for each in data)
        return unit_rows(np.array([np.random.default_rng(seed).normal(size=48) for seed in seeds]).reshape(-1, 48))


@pytest.fixture
def shades(tmp_path: Path, encoder: ColourEncoder) -> Library:
    """Twelve shades of each of four colours, by the colour encoder and by one that sees nothing."""
    rng = np.random.default_rng(3)
    for name in ("red", "green", "blue", "yellow"):
        for number in range(12):
            noise = rng.integers(-25, 25, (24, 32, 3))
            pixels = np.clip(np.array(COLOURS[name]) + noise - 2 * number, 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / f"{name}{number}.png")
    library = Library(tmp_path / "library", create=True)
    ingest(library, encoder, [tmp_path])
    ingest(library, RandomEncoder(), [tmp_path])
    return library


def test_cka_knows_a_turned_space_and_an_unrelated_one() -> None:
    rng = np.random.default_rng(0)
    a = rng.normal(size=(200, 60)).astype(np.float32)
    turn = np.linalg.qr(rng.normal(size=(60, 60)))[0]
    assert cka(a, 3 * a @ turn) == pytest.approx(1.0, abs=1e-3)
    others = [cka(a, rng.normal(size=(200, 400)).astype(np.float32)) for _ in range(5)]
    assert abs(np.mean(others)) < 0.02  # the plain estimate calls these about 0.4 alike
    half = np.concatenate([a, rng.normal(size=(200, 60)).astype(np.float32)], axis=1)
    assert 0.5 < cka(a, half) < 0.9


def test_neighbours_are_the_same_or_not() -> None:
    rng = np.random.default_rng(0)
    a = unit_rows(rng.normal(size=(300, 40)))
    assert overlap(a, a @ np.linalg.qr(rng.normal(size=(40, 40)))[0].astype(np.float32)) > 0.99
    assert overlap(a, unit_rows(rng.normal(size=(300, 40)))) == pytest.approx(10 / 299, abs=0.02)


def test_fewer_dimensions_agree_and_blindness_does_not(
    shades: Library, encoder: ColourEncoder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SEMBLANCE_HOME", str(tmp_path / "home"))
    reduction = learn_reduction(encoder, points_of(shades, encoder).vectors, 24)
    less = agreement_of(shades, encoder, store_reduced(shades, encoder, reduction))
    blind = agreement_of(shades, encoder, RandomEncoder())
    assert less.overlap > 0.7 and less.cka > 0.95
    assert blind.overlap == pytest.approx(blind.chance, abs=0.08) and abs(blind.cka) < 0.2
    assert less.beyond_chance > 0.6 > 0.1 > blind.beyond_chance
    worst = blind.odd[0]
    assert worst.overlap <= blind.overlap and worst.item.id not in {item.id for item in worst.first + worst.second}


def test_neighbours_of_the_odd_ones_come_nearest_first(shades: Library, encoder: ColourEncoder) -> None:
    found = agreement_of(shades, encoder, RandomEncoder())
    for each in found.odd:  # under the colour encoder, what is near has the same colour
        colour = Path(each.item.path).stem.rstrip("0123456789")
        assert all(Path(item.path).stem.startswith(colour) for item in each.first)


def test_too_few_common_items_are_explained(library: Library, encoder: ColourEncoder, photos: Path) -> None:
    blind = RandomEncoder()
    ingest(library, blind, [photos / "red.png"])
    assert len(common_ids(library, [encoder, blind])) == 1
    with pytest.raises(DataError, match="four"):
        agreement_of(library, encoder, blind)


def test_captions_and_classes_tell_who_sees(shades: Library, encoder: ColourEncoder) -> None:
    rows = shades.items().to_pylist()
    labels = {row["id"]: Path(row["path"]).stem.rstrip("0123456789") for row in rows}
    seeing, blind = told_by(shades, [encoder, RandomEncoder()], labels)
    assert seeing.accuracy == 1.0 and not seeing.is_guessing
    assert blind.is_guessing and seeing.chance == seeing.commonest == 0.25
    pairs = [(item_id, label) for item_id, label in labels.items()]
    found, guessed = retrieval_of(shades, [encoder, RandomEncoder()], pairs)
    assert (found.pool, found.captions) == (48, 48)
    assert found.t2i.r10 > 0.5 > guessed.t2i.r10
    assert guessed.is_guessing and not found.is_guessing
    with pytest.raises(DataError, match="captions"):
        retrieval_of(shades, [encoder], [("nobody", "red")])
    with pytest.raises(DataError, match="two classes"):
        told_by(shades, [encoder], dict.fromkeys(labels, "red"))


def test_sizes_and_speeds(shades: Library, encoder: ColourEncoder) -> None:
    size = size_of(shades, encoder)
    assert (size.dim, size.bytes, size.vectors, size.total) == (48, 96, 48, 48 * 96)
    told = []
    speeds = speeds_of(shades, [encoder, RandomEncoder()], on_progress=told.append)
    assert [speed.images for speed in speeds] == [48, 48] and all(speed.images_per_s > 0 for speed in speeds)
    assert told[-1].done == told[-1].total == 6, "three turns each"


def test_speed_without_a_picture_is_explained(tmp_path: Path, encoder: ColourEncoder) -> None:
    with pytest.raises(DataError, match="No picture"):
        speeds_of(Library(tmp_path / "empty", create=True), [encoder])
