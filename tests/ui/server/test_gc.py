"""Garbage is collected beside the pages: what visits leave goes, also what was there when things were set aside."""

from __future__ import annotations

import gc
import time
import weakref
from collections.abc import Iterator

import pytest

import ui.server.gc


class Leftover:
    """Holds itself, so that only a collection frees it."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture(autouse=True)
def _by_hand() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()


def rounds(count: int, between: list[Leftover]) -> None:
    """Runs the collector for some rounds; before the second, what is in `between` is let go."""
    collector = ui.server.gc.Collector()
    for _ in range(count):
        collector.collect()
        between.clear()


def test_what_a_run_leaves_is_collected() -> None:
    leftover = Leftover()
    missing = weakref.ref(leftover)
    del leftover
    rounds(1, [])
    assert missing() is None


def test_what_was_set_aside_is_collected_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    cached = [Leftover()]
    missing = weakref.ref(cached[0])
    rounds(2, cached)
    assert missing() is not None  # it lived when the imports were set aside
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 3600)
    rounds(1, [])
    assert missing() is None
