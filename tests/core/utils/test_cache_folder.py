"""Folders of files that can be made again: bounded, and never in the way."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from core.utils.cache_folder import CacheFolder


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def _age(folder: Path, *oldest_first: str) -> None:
    for second, name in enumerate(oldest_first):
        os.utime(folder / name, (1e9 + second, 1e9 + second))


def test_what_is_stored_is_loaded(tmp_path: Path) -> None:
    cache = CacheFolder(tmp_path / "new")
    assert cache.load("a/b") is None
    cache.store("a/b", b"one")
    cache.store("a/b", b"two")
    assert cache.load("a/b") == b"two" and _names(tmp_path) == ["b"]


def test_the_oldest_files_go(tmp_path: Path) -> None:
    cache = CacheFolder(tmp_path, max_files=2)
    for name in ("x", "y"):
        cache.store(name, b"1")
    _age(tmp_path, "y", "x")
    cache.store("z", b"1")
    assert _names(tmp_path) == ["x", "z"]


def test_files_that_are_read_stay_where_use_counts(tmp_path: Path) -> None:
    cache = CacheFolder(tmp_path, max_files=2, by_use=True)
    for name in ("x", "y"):
        cache.store(name, b"1")
    _age(tmp_path, "x", "y")
    assert cache.load("x") == b"1"
    cache.store("z", b"1")
    assert _names(tmp_path) == ["x", "z"]


def test_a_folder_that_cannot_be_written_stores_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    cache = CacheFolder(tmp_path / "file")
    cache.store("x", b"1")
    assert cache.load("x") is None


def test_nobody_waits_until_a_large_folder_has_been_looked_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, may_end, walks = threading.Event(), threading.Event(), []

    def walk(folder: CacheFolder) -> None:
        walks.append((folder.path, threading.current_thread()))
        began.set()
        assert may_end.wait(60)

    monkeypatch.setattr(CacheFolder, "limit", walk)
    CacheFolder(tmp_path / "thumbnails", max_bytes=10, sweep_every=64).store("one", b"picture")  # returns at once
    assert began.wait(60) and (tmp_path / "thumbnails" / "one").exists()
    may_end.set()
    ((folder, thread),) = walks
    assert folder == tmp_path / "thumbnails" and thread is not threading.current_thread()
    thread.join(60)
