"""A few pictures that cover many: each group has one, copies count once, blurred ones are avoided."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fakes import COLORS, ColorEncoder
from media import write_video
from PIL import Image

from core import Library, ingest
from core.cleanup.image_quality import store_qualities
from core.encoders.base import unit_rows
from core.errors import DataError
from core.summarize import choose_cover, compute_covered, summarize_pictures


@pytest.fixture
def library(tmp_path: Path, encoder: ColorEncoder) -> Library:
    """Noisy pictures of three colors, 8, 6 and 4 of them, ten copies of another, and a video."""
    rng = np.random.default_rng(0)
    folder = tmp_path / "in"
    folder.mkdir()
    for name, count in (("red", 8), ("green", 6), ("blue", 4)):
        for number in range(count):
            pixels = np.clip(rng.normal(COLORS[name], 30, (12, 12, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).resize((96, 96), Image.Resampling.NEAREST).save(folder / f"{name}-{number}.png")
    for number in range(10):
        Image.new("RGB", (60 + number, 60), COLORS["yellow"]).save(folder / f"yellow-{number}.png")
    write_video(folder / "film.mp4", ["purple"], seconds_each=2)
    library = Library(tmp_path / "l", create=True)
    ingest(library, encoder, [folder])
    return library


def names(library: Library, encoder: ColorEncoder, count: int) -> list[str]:
    return [
        Path(one.item.path).name.split("-")[0] for one in summarize_pictures(library, encoder, count=count).pictures
    ]


def test_each_group_has_a_picture(library: Library, encoder: ColorEncoder) -> None:
    summary = summarize_pictures(library, encoder, count=4)
    found = {Path(one.item.path).name.split("-")[0]: one.stands_for for one in summary.pictures}
    assert found == {"red": 8, "green": 6, "blue": 4, "yellow": 10} and summary.count == 28
    assert summary.covered > 0.8 and all(one.name and one.name.split()[-1] for one in summary.pictures[:1])


def test_copies_count_once_and_are_chosen_once(library: Library, encoder: ColorEncoder) -> None:
    assert names(library, encoder, 1) != ["yellow"], "ten copies are one picture"
    assert names(library, encoder, 28).count("yellow") == 1


def test_pictures_that_are_known_to_be_blurred_are_avoided(
    library: Library, encoder: ColorEncoder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SEMBLANCE_HOME", str(tmp_path))
    best = next(one.item for one in summarize_pictures(library, encoder, count=4).pictures if "blue" in one.item.path)
    store_qualities({str(best.content_hash): (1.0, 0.5, 0.2)})
    again = [one.item for one in summarize_pictures(library, encoder, count=4).pictures if "blue" in one.item.path]
    assert len(again) == 1 and again[0].id != best.id


def test_a_selection_is_summarized_alone(library: Library, encoder: ColorEncoder) -> None:
    rows = library.items().to_pylist()
    greens = [row["id"] for row in rows if "green" in row["path"]]
    assert summarize_pictures(library, encoder, greens, count=2).count == 6
    film = [row["id"] for row in rows if row["kind"] == "video"]
    assert summarize_pictures(library, encoder, film).pictures[0].item.kind == "video"
    with pytest.raises(DataError, match="index them first"):
        summarize_pictures(library, encoder, ["nobody"])


def test_covered_is_between_chance_and_all() -> None:
    vectors = unit_rows(np.random.default_rng(0).normal(size=(200, 16)).astype(np.float32))
    covered = [choose_cover(vectors, count).covered for count in (1, 5, 20, 200)]
    assert covered == sorted(covered) and covered[-1] == pytest.approx(1.0, abs=1e-5)
    at_random = np.mean([compute_covered(vectors, vectors[[row]]) for row in range(200)])
    assert at_random == pytest.approx(0.0, abs=0.05)
    strangers = choose_cover(vectors, 5, avoid=np.ones(200, bool)).numbers
    assert len(strangers) == 5, "where all are to be avoided, some are taken"
