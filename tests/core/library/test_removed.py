"""Removed libraries: out of the list at once, restored for a week, gone after it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core.errors import LibraryError
from core.library import Library
from core.library.registry import create_library, list_libraries
from core.library.removed import KEPT, list_removed, remove_library, restore_library


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEMBLANCE_HOME", str(tmp_path))
    return tmp_path


def test_a_removed_library_comes_back_as_it_was() -> None:
    library = create_library("Trip")
    library.put_captions([("a", "a boat")])
    remove_library(library)
    assert not list_libraries()
    (removed,) = list_removed()
    assert removed.name == "Trip" and restore_library(removed).captions() == [("a", "a boat")]
    assert [path.name for path in list_libraries()] == ["Trip"] and not list_removed()


def test_a_name_that_is_taken_again_is_not_overwritten() -> None:
    remove_library(create_library("Trip"))
    create_library("Trip")
    with pytest.raises(LibraryError, match="again"):
        restore_library(list_removed()[0])
    assert len(list_removed()) == 1


def test_two_of_one_name_are_both_kept() -> None:
    for _ in range(2):
        remove_library(create_library("Trip"))
    assert [entry.name for entry in list_removed()] == ["Trip", "Trip"]


def test_after_a_week_it_is_gone_for_good() -> None:
    remove_library(create_library("Old"))
    (old,) = list_removed()
    past = datetime.now() - KEPT - timedelta(minutes=1)
    folder = old.path.parent.rename(old.path.parent.with_name(past.strftime("%Y%m%dT%H%M%S%f")))
    remove_library(create_library("New"))
    assert not folder.exists() and [entry.name for entry in list_removed()] == ["New"]


def test_a_library_elsewhere_is_not_moved(tmp_path: Path) -> None:
    library = Library(tmp_path / "elsewhere" / "Mine", create=True)
    with pytest.raises(LibraryError, match="home folder"):
        remove_library(library)
    assert library.path.exists()
