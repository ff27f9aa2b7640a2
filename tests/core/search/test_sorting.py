"""Results in another order than that of their match."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from fakes import ColorEncoder

from core import Library, parse_query, search
from core.search import Hit, sort_hits


@pytest.fixture
def hits(library: Library, encoder: ColorEncoder) -> list[Hit]:
    """Five hits, the first three of them certain."""
    found = search(library, encoder, parse_query("red"), top_k=5).hits
    days = (datetime(2020, 5, 1), datetime(2024, 5, 1), datetime(2022, 5, 1), datetime(2025, 5, 1), None)
    return [
        replace(hit, likely=rank < 3, judged=True, item=replace(hit.item, taken_at=day, bytes=[5, 7, 6, 9, 8][rank]))
        for rank, (hit, day) in enumerate(zip(found, days, strict=True))
    ]


def test_only_the_certain_ones_change_places(hits: list[Hit]) -> None:
    assert sort_hits(hits, "match") == hits
    for order in ("date", "size"):
        assert sort_hits(hits, order) == [hits[1], hits[2], hits[0], *hits[3:]]  # type: ignore[arg-type]
    names = [Path(hit.item.path).name for hit in sort_hits(hits, "name")]
    assert names[:3] == sorted(names[:3]) and names[3:] == [Path(hit.item.path).name for hit in hits[3:]]


def test_without_a_certain_one_the_match_counts(hits: list[Hit]) -> None:
    doubtful = [replace(hit, likely=False) for hit in hits]
    assert sort_hits(doubtful, "name") == doubtful
