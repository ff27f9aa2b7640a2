"""`eval labels`: the same draws for words, labels alone and both."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from fakes import COLORS, ColorEncoder
from PIL import Image

from core.errors import DataError
from core.evaluation.labels import draw_splits, evaluate_labels

SHADES = 7


@pytest.fixture
def colored(tmp_path: Path) -> Path:
    """Shades of red, green and blue in one set, of yellow and black, called by words that say nothing, in another."""
    rows = ["image,text,kind,set"]
    for name in ("red", "green", "blue", "yellow", "black"):
        for number in range(SHADES):
            Image.new("RGB", (40, 30), tuple(max(0, part - 6 * number) for part in COLORS[name])).save(
                tmp_path / f"{name}{number}.png"
            )
            label, kind = {"yellow": ("thing", "odd"), "black": ("stuff", "odd")}.get(name, (name, "plain"))
            rows.append(f"{name}{number}.png,{label},label,{kind}")
    rows.append("red0.png,a red shade,caption,captions")
    (tmp_path / "texts.csv").write_text("\n".join(rows))
    return tmp_path


def test_labels_help_where_the_words_say_nothing(encoder: ColorEncoder, colored: Path) -> None:
    report = evaluate_labels(encoder, colored, texts=colored / "texts.csv", repeats=4)
    cells = {(cell.set, cell.shots): cell for cell in report.cells}
    assert set(cells) == {(name, shots) for name in ("plain", "odd") for shots in (1, 2, 4)}, (
        "three are left to measure"
    )
    assert all(cells["plain", shots].zeroshot == cells["plain", shots].blend == 1.0 for shots in (1, 2, 4))
    assert cells["odd", 4].blend == 1.0 and not any(cell.worse for cell in report.cells)
    assert report.images == 5 * SHADES and report.mean_blend >= report.mean_zeroshot


def test_what_is_learned_from_is_not_measured_on() -> None:
    truth = np.repeat(np.arange(3), 8)
    for train, test in draw_splits(truth, 4, repeats=5):
        assert not set(train) & set(test)
        assert (np.bincount(truth[train]) == 4).all() and (np.bincount(truth[test]) >= 3).all()


def test_one_table_and_known_sets(encoder: ColorEncoder, colored: Path) -> None:
    for wrong, said in (
        ({}, "either a table of sets"),
        ({"texts": colored / "texts.csv", "sets": ["captions"]}, "no set 'captions'"),
        ({"texts": colored / "texts.csv", "shots": [5]}, "No set has 8 pictures"),
        ({"texts": colored / "texts.csv", "repeats": 1}, "at least 2 repeats"),
    ):
        with pytest.raises(DataError, match=said):
            evaluate_labels(encoder, colored, **wrong)  # type: ignore[arg-type]
    (colored / "labels.csv").write_text(
        "image,label\n" + "\n".join(f"{n}{k}.png,{n}" for n in COLORS if n in ("red", "blue") for k in range(4))
    )
    report = evaluate_labels(encoder, colored, labels=colored / "labels.csv", repeats=2)
    assert [(cell.set, cell.shots) for cell in report.cells] == [("labels", 1)] and json.dumps(report.mean_blend)
