"""Paths of tables meet the files that they mean, however they are written."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from core.utils.path_matching import PathMatcher, find_file

PATHS = [
    "/pets/cats/1.jpg",
    "/pets/dogs/1.jpg",
    "/pets/café/größe.jpg",
    "/pets/back\\slash.jpg",
    "/more/pets/cats/2.jpg",
]
PARTS = unicodedata.normalize("NFD", "café/größe.jpg")


@pytest.mark.parametrize(
    ("written", "found", "nearest"),
    [
        ("/pets/cats/1.jpg", 0, 0),
        ("cats/1.jpg", 0, 0),
        (".\\dogs\\1.jpg", 1, 1),
        ("1.jpg", None, None),
        ("else/1.jpg", None, None),
        ("C:\\photos\\dogs\\1.jpg", None, 1),
        (PARTS, 2, 2),
        (f"/pets/{PARTS}", 2, 2),
        ("größe.jpg", 2, 2),
        ("back\\slash.jpg", 3, 3),
        ("/pets/cats/2.jpg", None, 4),  # whole, but of another folder
        ("s/1.jpg", None, None),
        ("3.jpg", None, None),
        ("", None, None),
        ("/", None, None),
    ],
)
def test_last_parts_find_the_only_path_that_ends_so(written: str, found: int | None, nearest: int | None) -> None:
    matcher = PathMatcher(PATHS)
    assert (matcher.find(written), matcher.find_nearest(written)) == (found, nearest)


def test_two_files_whose_names_look_alike_are_told_apart_by_their_letters() -> None:
    paths = ["/a/é.jpg", unicodedata.normalize("NFD", "/a/é.jpg")]
    matcher = PathMatcher(paths)
    assert [matcher.find(path) for path in paths] == [0, 1] and matcher.find("é.jpg") is None


def test_files_are_found_in_another_form_and_with_other_slashes(tmp_path: Path) -> None:
    target = tmp_path / "café" / unicodedata.normalize("NFD", "größe.jpg")
    target.parent.mkdir()
    target.touch()
    for written in ("café/größe.jpg", PARTS, PARTS.replace("/", "\\"), f"{tmp_path}/café/größe.jpg"):
        assert find_file(tmp_path, written) == target
    for missing in ("else/größe.jpg", "nothing.jpg", "a\0b", ""):
        assert find_file(tmp_path, missing) == tmp_path / missing
