"""Chapters against the known shots of reels."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import COLORS, ColorEncoder
from PIL import Image

from core.errors import DataError
from core.evaluation.summaries.reels import evaluate_chapters


def test_the_shots_of_a_reel_are_found(tmp_path: Path, encoder: ColorEncoder) -> None:
    for color in ("red", "green", "blue", "yellow", "white"):
        Image.new("RGB", (96, 72), COLORS[color]).save(tmp_path / f"{color}.png")
    report = evaluate_chapters(encoder, tmp_path, count=1)
    assert report.borders == 4 and report.found == 1.0 and report.storyboards == 1.0 and report.median_s <= 0.5
    with pytest.raises(DataError, match="need 10"):
        evaluate_chapters(encoder, tmp_path, count=2)
