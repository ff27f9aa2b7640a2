"""Why texts and pictures cannot share a list by cosine, and that texts are no background for pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fakes import ColorEncoder

from core import Library, ingest
from core.errors import DataError
from core.geometry import measure_nearest_cosines
from core.plots.space import nearest_histogram


def test_phrases_are_compared_with_the_texts_of_the_library(
    library: Library, photos: Path, encoder: ColorEncoder
) -> None:
    before = library.index(encoder).background
    found = measure_nearest_cosines(encoder, library.index(encoder))
    assert not found.are_own and found.texts.shape == found.pictures.shape
    (photos / "wall.md").write_text("A red wall.")
    ingest(library, encoder, [photos], texts=True)
    index = library.index(encoder)
    np.testing.assert_array_equal(index.background, before, "scores of pictures do not depend on texts")
    own = measure_nearest_cosines(encoder, index)
    assert own.are_own and 0 <= own.text_first <= 1
    np.testing.assert_array_equal(own.pictures, found.pictures)
    assert [line.name for line in nearest_histogram(own, title="").data] == ["the nearest picture", "the nearest text"]


def test_a_library_of_texts_alone_says_what_it_lacks(tmp_path: Path, encoder: ColorEncoder) -> None:
    (tmp_path / "wall.md").write_text("A red wall.")
    library = Library(tmp_path / "library", create=True)
    ingest(library, encoder, [tmp_path / "wall.md"])
    assert len(library.index(encoder).background), "texts stand in where there is nothing else"
    with pytest.raises(DataError, match="no pictures"):
        measure_nearest_cosines(encoder, library.index(encoder))
