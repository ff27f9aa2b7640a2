"""Each encoder has its own calibration: it moves the line, the folding, the merging, and nothing of other encoders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fakes import ColorEncoder
from media import scene, write_video
from PIL import Image

from core.classify.zero_shot import ClassName, ZeroShot
from core.cleanup.duplicates import find_duplicates
from core.encoders.base import Vectors, unit_rows
from core.encoders.calibration import DEFAULT, EMBEDDED, EMBEDDED_3, get_calibration
from core.encoders.embedded import EmbeddedEncoder
from core.encoders.precomputed import ImportedEncoder
from core.encoders.reduced import ReducedEncoder, learn_reduction
from core.library import Library, ingest
from core.library.points import load_points
from core.library.track import embed_video
from core.search.images import search
from core.search.query import Term, parse_query


def calibrated(**changes: object) -> ColorEncoder:
    encoder = ColorEncoder("calibrated-1", "calibrated")
    encoder.calibration = replace(EMBEDDED_3, **changes)  # type: ignore[arg-type]
    return encoder


class NarrowEncoder(ColorEncoder):
    """Colors in a narrow cone, as many models have it: even red and blue have a cosine of 0.99. No calibration."""

    dim = 49
    calibration = None  # type: ignore[assignment]

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        return self._narrow(ColorEncoder().encode_images(images))

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        return self._narrow(ColorEncoder().encode_texts(texts))

    @staticmethod
    def _narrow(vectors: Vectors) -> Vectors:
        return unit_rows(np.pad(vectors, ((0, 0), (0, 1)), constant_values=12.0))


@pytest.fixture
def shades(tmp_path: Path) -> Path:
    """Five shades of red that are much alike, and blue."""
    folder = tmp_path / "shades"
    folder.mkdir()
    for number in range(5):
        Image.new("RGB", (60, 60), (220, 30 + number, 30)).save(folder / f"red{number}.png")
    Image.new("RGB", (60, 60), (30, 60, 220)).save(folder / "blue.png")
    return folder


def library_under(folder: Path, encoder: ColorEncoder, files: Path) -> Library:
    library = Library(folder / encoder.id, create=True)
    ingest(library, encoder, [files])
    return library


@pytest.mark.parametrize(
    ("terms", "changes"),
    [
        ("red", {"text_weights": (1.106, -0.579, -50.0)}),
        ("red1.png", {"image_weights": (0.93, -50.0), "same_image": 2.0, "same_scene": 1e-6}),
    ],
)
def test_the_weights_move_the_line(
    shades: Path, tmp_path: Path, encoder: ColorEncoder, terms: str, changes: dict[str, object]
) -> None:
    def likely(under: ColorEncoder) -> int:
        query = [Term("image", (shades / terms).read_bytes())] if terms.endswith(".png") else parse_query(terms)
        return search(library_under(tmp_path, under, shades), under, query, fold_duplicates=False).cutoff

    assert likely(calibrated(**changes)) < likely(encoder) == 5


def test_the_weights_of_classes_decide_what_is_in_none(shades: Path, tmp_path: Path, encoder: ColorEncoder) -> None:
    def of_a_class(under: ColorEncoder) -> set[str]:
        index = library_under(tmp_path, under, shades).index(under)
        classes = ZeroShot.of(under, [ClassName("red"), ClassName("blue")])
        return set(classes.predict(index.vectors(np.arange(len(index)))).labels())

    assert of_a_class(encoder) == {"red", "blue"}
    assert not of_a_class(calibrated(class_weights=(0.694, -0.796, -50.0))) & {"red", "blue"}


def test_what_a_search_folds(shades: Path, tmp_path: Path, encoder: ColorEncoder) -> None:
    def hits(under: ColorEncoder) -> int:
        return len(search(library_under(tmp_path, under, shades), under, parse_query("red")).hits)

    assert hits(encoder) == 2
    assert hits(calibrated(near_duplicate=1.1)) == 6


def test_which_pictures_are_compared_as_copies(tmp_path: Path, encoder: ColorEncoder) -> None:
    (tmp_path / "album").mkdir()
    scene(1).save(tmp_path / "album" / "one.png")
    scene(1).resize((240, 180)).save(tmp_path / "album" / "small.png")

    def groups(under: ColorEncoder) -> int:
        return len(find_duplicates(load_points(library_under(tmp_path, under, tmp_path / "album"), under)))

    assert groups(encoder) == 1
    assert groups(calibrated(duplicate=1.1)) == 0


def test_which_frames_become_one_row(tmp_path: Path, encoder: ColorEncoder) -> None:
    (tmp_path / "clips").mkdir()
    write_video(tmp_path / "clips" / "colors.mp4", ("red", "blue", "green"))

    def rows(under: ColorEncoder) -> tuple[int, int]:
        library = library_under(tmp_path, under, tmp_path / "clips")
        return len(library.index(under)), len(embed_video(under, tmp_path / "clips" / "colors.mp4"))

    assert rows(encoder) == (3, 3)
    assert rows(calibrated(nearly_identical=1.1)) == (6, 6)
    narrow = NarrowEncoder("narrow-1", "narrow")
    red, blue = narrow.encode_images([Image.new("RGB", (60, 60), color) for color in ((220, 30, 30), (30, 60, 220))])
    assert red @ blue > EMBEDDED_3.nearly_identical, "the embedded encoder's threshold would merge them for good"
    assert rows(narrow) == (3, 3)


def test_without_a_calibration_thresholds_are_relative_to_the_library(shades: Path, tmp_path: Path) -> None:
    narrow = NarrowEncoder("narrow-1", "narrow")
    hits = search(library_under(tmp_path, narrow, shades), narrow, parse_query("red")).hits
    assert sorted(len(hit.duplicates) for hit in hits) == [0, 4], "red is one hit and blue another"


def test_thresholds_stay_below_1_in_a_library_of_copies() -> None:
    copies = np.repeat(unit_rows(np.ones((1, 8))), 5, axis=0)
    found = DEFAULT.at(copies)
    assert 0.985 < found.near_duplicate < 0.999 and 0.6 < found.duplicate < found.duplicate_frame < 0.99
    assert DEFAULT.at(copies[:1]).near_duplicate == pytest.approx(EMBEDDED_3.near_duplicate)


def test_who_has_which_calibration(encoder: ColorEncoder) -> None:
    assert (
        get_calibration(EmbeddedEncoder("embedded")) is EMBEDDED
        and EMBEDDED.at(np.eye(3, dtype=np.float32)) is EMBEDDED
    )
    assert get_calibration(ImportedEncoder("imported:x:8")) is DEFAULT
    own = calibrated(duplicate=0.7)
    reduction = learn_reduction(own, own.encode_texts(["red", "blue", "green"]), 2)
    assert get_calibration(ReducedEncoder(own, reduction)) is own.calibration
