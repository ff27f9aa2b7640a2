"""Alignment of two videos: which part of one is which part of the other."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Alignment:
    """A part of the query that runs alongside a part of the video, both in seconds. score: mean cosine over it."""

    score: float
    query_start_s: float
    query_end_s: float
    start_s: float
    end_s: float
