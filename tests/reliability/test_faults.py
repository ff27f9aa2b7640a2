"""The faults of tools/prove_reliability.py, a few rounds of each: nothing is lost, messages say what to do."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from fault_disks import cut_short, on_small_disk
from fault_kills import kills, two_writers
from fault_tables import damaged_tables, older_version, vanished_photo

pytestmark = pytest.mark.reliability


def test_killed_at_any_moment_nothing_is_lost_and_nothing_twice(tmp_path: Path) -> None:
    shown = kills(tmp_path, rounds=3, photos=80, videos=1)
    assert shown["ok"], str(shown)


def test_two_processes_at_once(tmp_path: Path) -> None:
    shown = two_writers(tmp_path, rounds=1, photos=60)
    assert shown["ok"], str(shown)
    assert all("wait until it has finished" in message for message in shown["messages"])


@pytest.mark.parametrize("fault", ["full", "read-only"])
def test_a_disk_that_is_full_or_cannot_be_written(tmp_path: Path, fault: str) -> None:
    shown = on_small_disk(fault, tmp_path)
    if "skipped" in shown:
        pytest.skip(f"no file system can be mounted here: {shown['skipped']}")
    assert shown["ok"], str(shown)


def test_files_that_cannot_be_written_to_their_end(tmp_path: Path) -> None:
    """The first limit stops a commit, the second the packing of the tables, in the last bytes of a file."""
    shown = cut_short(tmp_path, limits=(8_000, 15_480))
    assert shown["ok"], str(shown)
    assert any("the end of a file was not written" in message for message in shown["messages"])


def test_a_library_of_an_older_version_is_read_and_migrated(tmp_path: Path) -> None:
    shown = older_version(tmp_path)
    assert shown["ok"], str(shown)


def test_a_photo_that_vanished(tmp_path: Path) -> None:
    shown = vanished_photo(tmp_path)
    assert shown["ok"], str(shown)


def test_damaged_tables_say_what_to_do_and_harm_nothing_else(tmp_path: Path) -> None:
    shown = damaged_tables(tmp_path)
    assert shown["ok"], str(shown)
    assert all("Restore" in message and "remove that folder" in message for message in shown["messages"].values())
