"""The cache of thumbnails: looked through by a thread of its own."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

import core.previews.cache as cache
from core.library import Library
from core.library.session_folders import cache_dir_for
from core.previews.thumbnails import make_thumbnail


def test_no_visitor_waits_until_the_cache_has_been_looked_through(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, may_end, walks = threading.Event(), threading.Event(), []

    def walk(folder: Path, max_bytes: int) -> None:
        walks.append((folder, threading.current_thread()))
        began.set()
        assert may_end.wait(60)

    monkeypatch.setattr(cache, "limit_folder_size", walk)
    monkeypatch.setattr(cache, "_writes", {})
    item = next(item for item in library.items_with(sorted(library.items()["id"].to_pylist())) if item.status == "ok")
    assert make_thumbnail(item)  # returns although the walk has not ended
    assert began.wait(60)
    may_end.set()
    ((folder, thread),) = walks
    assert folder == cache_dir_for(item.path) / "thumbnails" and thread is not threading.current_thread()
    thread.join(60)
