"""A collection of several kinds in short: each kind by its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import ColorEncoder
from media import write_video

from core import Filters, Library, ingest
from core.errors import DataError
from core.summarize import summarize_collection


@pytest.fixture
def mixed(tmp_path: Path, photos: Path, encoder: ColorEncoder) -> Library:
    (photos / "bread.md").write_text("Bread dough rises because yeast eats sugar. A warm kitchen makes yeast faster.")
    write_video(photos / "a.mp4", ["red", "blue"], seconds_each=4)
    write_video(photos / "b.mp4", ["green"], seconds_each=4)
    library = Library(tmp_path / "mixed", create=True)
    ingest(library, encoder, [photos], texts=True)
    return library


def test_each_kind_has_its_part(mixed: Library, encoder: ColorEncoder) -> None:
    summary = summarize_collection(mixed, encoder, count=3)
    assert summary.pictures is not None and summary.videos is not None and summary.texts is not None
    assert len(summary.pictures.pictures) == 3 and summary.pictures.count == 8
    assert [(Path(one.item.path).stem, int(one.at_s // 4)) for one in summary.videos.frames] == [
        ("a", 0), ("a", 1), ("b", 0),
    ]  # fmt: skip
    assert sum(one.share for one in summary.videos.frames) == pytest.approx(1)
    assert "yeast" in summary.texts.sentences[0].text and summary.documents[0].path.endswith("bread.md")
    assert summary._repr_html_().count("<img") == 6 and "yeast" in summary._repr_html_()


def test_a_kind_that_is_not_chosen_has_none(mixed: Library, encoder: ColorEncoder) -> None:
    rows = mixed.items()
    ids = dict(zip(map(str, rows["path"].to_pylist()), rows["id"].to_pylist(), strict=True))
    films = [item_id for path, item_id in ids.items() if path.endswith(".mp4")]
    summary = summarize_collection(mixed, encoder, films)
    assert summary.pictures is None and summary.texts is None and summary.videos is not None


def test_nothing_left_says_what_to_do(mixed: Library, encoder: ColorEncoder, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="loosen the filters"):
        summarize_collection(mixed, encoder, filters=Filters(folder=str(tmp_path / "elsewhere")))
