"""A kept atlas knows what it was made of: points that changed, words of a person, and labels of the library."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fakes import COLOURS, ColourEncoder
from media import write_video
from PIL import Image

from core import Library, ingest
from core.atlas import Asked, Atlas, atlas_of, kept_atlas
from core.library.registry import create_library
from core.library.schema import Label
from core.media.sampling import Sampling

ASKED = Asked(layout="pca", k=3)


@pytest.fixture
def shades(tmp_path: Path, encoder: ColourEncoder, monkeypatch: pytest.MonkeyPatch) -> Library:
    """Six shades each of red, green and blue."""
    monkeypatch.setenv("SEMBLANCE_HOME", str(tmp_path / "home"))
    folder = tmp_path / "shades"
    folder.mkdir()
    for name in ("red", "green", "blue"):
        for number in range(6):
            colour = tuple(max(0, part - 6 * number) for part in COLOURS[name])
            Image.new("RGB", (40, 30), colour).save(folder / f"{name}{number}.png")
    library = create_library("Shades")
    ingest(library, encoder, [folder])
    return library


def ids_of(library: Library, name: str) -> list[str]:
    return [row["id"] for row in library.items().to_pylist() if Path(row["path"]).name.startswith(name)]


def name_of(atlas: Atlas, item: str) -> str | None:
    return atlas.names[atlas.clusters.of[atlas.points.keys.index(item)]].name


def test_an_unchanged_library_keeps_its_atlas(shades: Library, encoder: ColourEncoder) -> None:
    made = atlas_of(shades, encoder, ASKED)
    kept = kept_atlas(shades, encoder, ASKED)
    assert kept is not None and kept.names == made.names and np.array_equal(kept.places, made.places)


def test_new_labels_are_words_for_the_clusters_at_once(shades: Library, encoder: ColourEncoder) -> None:
    made = atlas_of(shades, encoder, ASKED)
    label = "a photo of red"  # words that the encoder reads
    shades.put_labels([Label(item, "cluster", label, "person") for item in ids_of(shades, "red")])
    kept, anew = kept_atlas(shades, encoder, ASKED), atlas_of(shades, encoder, ASKED)
    assert kept is not None and kept.names == anew.names != made.names
    assert np.array_equal(kept.places, made.places) and np.array_equal(kept.clusters.of, made.clusters.of)


def test_another_word_list_asks_for_the_map_anew(
    shades: Library, encoder: ColourEncoder, tmp_path: Path
) -> None:
    atlas_of(shades, encoder, ASKED)
    (tmp_path / "home" / "words.txt").write_text("crimson\n")
    assert kept_atlas(shades, encoder, ASKED) is None
    atlas_of(shades, encoder, ASKED)
    assert kept_atlas(shades, encoder, ASKED) is not None


def test_a_video_that_was_sampled_anew_is_placed_anew(shades: Library, encoder: ColourEncoder, tmp_path: Path) -> None:
    write_video(tmp_path / "shades" / "clip.mp4", [("red", 2.0), ("green", 6.0)])
    ingest(shades, encoder, [tmp_path / "shades"], Sampling(fps=2.0))
    atlas_of(shades, encoder, ASKED)
    ingest(shades, encoder, [tmp_path / "shades"], Sampling(fps=0.2))
    assert kept_atlas(shades, encoder, ASKED) is None
    assert atlas_of(shades, encoder, ASKED).placed_later == 1
