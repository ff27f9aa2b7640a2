"""A kept atlas knows what it was made of: points that changed, words of a person, and labels of the library."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fakes import COLORS, ColorEncoder
from media import write_video
from PIL import Image

from core import Library, ingest
from core.explore.atlas import Atlas, AtlasRequest, build_atlas, load_cached_atlas
from core.library.registry import create_library
from core.library.schema import Label
from core.media.sampling import Sampling

ASKED = AtlasRequest(layout="pca", k=3)


@pytest.fixture
def shades(tmp_path: Path, encoder: ColorEncoder, monkeypatch: pytest.MonkeyPatch) -> Library:
    """Six shades each of red, green and blue."""
    monkeypatch.setenv("SEMBLANCE_HOME", str(tmp_path / "home"))
    folder = tmp_path / "shades"
    folder.mkdir()
    for name in ("red", "green", "blue"):
        for number in range(6):
            color = tuple(max(0, part - 6 * number) for part in COLORS[name])
            Image.new("RGB", (40, 30), color).save(folder / f"{name}{number}.png")
    library = create_library("Shades")
    ingest(library, encoder, [folder])
    return library


def ids_of(library: Library, name: str) -> list[str]:
    return [row["id"] for row in library.items().to_pylist() if Path(row["path"]).name.startswith(name)]


def name_of(atlas: Atlas, item: str) -> str | None:
    return atlas.names[atlas.clusters.labels[atlas.points.keys.index(item)]].name


def test_an_unchanged_library_keeps_its_atlas(shades: Library, encoder: ColorEncoder) -> None:
    made = build_atlas(shades, encoder, ASKED)
    cached = load_cached_atlas(shades, encoder, ASKED)
    assert cached is not None and cached.names == made.names and np.array_equal(cached.places, made.places)


def test_new_labels_are_words_for_the_clusters_at_once(shades: Library, encoder: ColorEncoder) -> None:
    made = build_atlas(shades, encoder, ASKED)
    label = "a photo of red"  # words that the encoder reads
    shades.put_labels([Label(item, "cluster", label, "person") for item in ids_of(shades, "red")])
    cached, rebuild = load_cached_atlas(shades, encoder, ASKED), build_atlas(shades, encoder, ASKED)
    assert cached is not None and cached.names == rebuild.names != made.names
    assert np.array_equal(cached.places, made.places) and np.array_equal(cached.clusters.labels, made.clusters.labels)


def test_another_word_list_asks_for_the_map_anew(shades: Library, encoder: ColorEncoder, tmp_path: Path) -> None:
    build_atlas(shades, encoder, ASKED)
    (tmp_path / "home" / "words.txt").write_text("crimson\n")
    assert load_cached_atlas(shades, encoder, ASKED) is None
    build_atlas(shades, encoder, ASKED)
    assert load_cached_atlas(shades, encoder, ASKED) is not None


def test_a_video_that_was_sampled_anew_is_placed_anew(shades: Library, encoder: ColorEncoder, tmp_path: Path) -> None:
    write_video(tmp_path / "shades" / "clip.mp4", [("red", 2.0), ("green", 6.0)])
    ingest(shades, encoder, [tmp_path / "shades"], Sampling(fps=2.0))
    build_atlas(shades, encoder, ASKED)
    ingest(shades, encoder, [tmp_path / "shades"], Sampling(fps=0.2))
    assert load_cached_atlas(shades, encoder, ASKED) is None
    assert build_atlas(shades, encoder, ASKED).placed_later == 1
