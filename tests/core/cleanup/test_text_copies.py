"""Copies and outliers among texts: words decide, and texts are compared with texts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fakes import ColorEncoder

from core import Library, ingest
from core.cleanup import find_leaks_between, find_library_duplicates, find_library_outliers
from core.library.points import load_points

_STORY = " ".join(f"In year {year} the mill by the river ground {year * 7 % 90} sacks of rye." for year in range(60))


@pytest.fixture
def papers(photos: Path) -> Path:
    """The photos, a story and what was made of it."""
    (photos / "story.md").write_text(_STORY)
    (photos / "more" / "same.md").write_text(_STORY)
    (photos / "edited.txt").write_text(_STORY.replace("In year 30 the mill", "Then the old mill"))
    (photos / "other.md").write_text(_STORY.replace("mill", "forge").replace("rye", "coal").replace("river", "road"))
    (photos / "note.md").write_text("a red wall")
    return photos


@pytest.fixture
def library(tmp_path: Path, papers: Path, encoder: ColorEncoder) -> Library:
    library = Library(tmp_path / "library", create=True)
    ingest(library, encoder, [papers], texts=True)
    return library


def test_documents_with_nearly_the_same_words_are_copies(library: Library, encoder: ColorEncoder) -> None:
    (group,) = find_library_duplicates(library, encoder).groups
    names = {Path(finding.item.path).name: finding for finding in group.findings}
    assert names.keys() == {"story.md", "same.md", "edited.txt"} and not group.is_exact
    best = group.findings[0]
    assert Path(best.item.path).read_text() == _STORY, "the longest is the best"
    assert "nearly the same words" in names["edited.txt"].why and names["edited.txt"].best == best.item.path
    assert len(group.spare) == 2


def test_copies_of_texts_between_folders(library: Library, papers: Path, encoder: ColorEncoder) -> None:
    found = find_leaks_between(library, encoder, str(papers), str(papers / "more"))
    leaks = {Path(group.findings[1].item.path).name: Path(group.findings[0].item.path).name for group in found.groups}
    assert leaks == {"story.md": "same.md", "edited.txt": "same.md"}


def test_a_few_texts_among_pictures_are_no_outliers_for_being_texts(library: Library, encoder: ColorEncoder) -> None:
    points = load_points(library, encoder)
    kinds = dict(zip(points.names, points.from_text.tolist(), strict=True))
    assert kinds["story.md"] and not kinds["red.png"]
    found = find_library_outliers(library, encoder, top=50)
    for entry in found:
        assert {near.kind for near in entry.neighbors} == {entry.finding.item.kind}
    scores = [entry.score for entry in found]
    assert len(found) == 13 and np.all(np.diff(scores) <= 0)


def test_a_large_family_of_copies_is_one_group(tmp_path: Path, encoder: ColorEncoder) -> None:
    (tmp_path / "papers").mkdir()
    for number in range(70):
        (tmp_path / "papers" / f"{number}.txt").write_text(f"{_STORY} This is copy number {number}.")
    library = Library(tmp_path / "library", create=True)
    ingest(library, encoder, [tmp_path / "papers"], texts=True)
    (group,) = find_library_duplicates(library, encoder).groups
    assert len(group.findings) == 70
