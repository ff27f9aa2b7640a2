"""`calibrate` on the command line, and what searches say afterwards."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from fakes import COLORS, ColorEncoder

import core.cli.options
from core.__main__ import main
from core.encoders.base import unit_rows
from core.encoders.calibration import get_calibration, get_own_calibration
from core.encoders.fitted_weights import FittedWeights, load_fitted, save_fitted
from core.library import Item, Label, Library
from core.library.schema import VectorRow
from core.search import parse_query, search

EACH = 8


class NewEncoder(ColorEncoder):
    """One that nobody has measured."""

    calibration = None  # type: ignore[assignment]


@pytest.fixture(autouse=True)
def new_encoder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> NewEncoder:
    monkeypatch.setenv("SEMBLANCE_HOME", str(tmp_path / "home"))
    encoder = NewEncoder("new-1", "new")
    monkeypatch.setattr(core.cli.options, "open_encoder", lambda name, on_progress=None: encoder)
    return encoder


@pytest.fixture
def library(tmp_path: Path, new_encoder: NewEncoder) -> Library:
    """Eight pictures of each color, between its pure tone and chance."""
    rng = np.random.default_rng(0)
    names = [name for name in COLORS for _ in range(EACH)]
    noise = unit_rows(rng.normal(size=(len(names), new_encoder.dim)))
    vectors = unit_rows(new_encoder.encode_texts(names) + 0.8 * noise)
    ids = [f"{number:024}" for number in range(len(names))]
    library = Library(tmp_path / "library", create=True)
    library.add_vectors(new_encoder, [VectorRow(*row) for row in zip(ids, vectors, strict=True)])
    library.put_items([Item(entry, f"/{entry}.jpg", "image", "ok", 1, 1) for entry in ids])
    library.put_labels([Label(entry, "colors", name, "person") for entry, name in zip(ids, names, strict=True)])
    return library


def called(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict:
    assert main([*map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_an_encoder_that_nobody_measured_gets_percentages(
    library: Library, new_encoder: NewEncoder, capsys: pytest.CaptureFixture[str]
) -> None:
    terms = parse_query("yellow", files=False)
    assert not search(library, new_encoder, terms).judged
    report = called(capsys, "calibrate", "--library", library.path, "--labels", "colors")
    assert report["saved"] and report["pictures"] == len(COLORS) * EACH and set(report["words"]) == set(COLORS)
    assert report["after"]["kept"] >= 0.85 and report["after"]["refused"] >= 0.6
    assert report["after"]["f1"] >= max(0.7, report["before"]["f1"] - 0.05)
    result = search(library, new_encoder, terms)
    assert result.judged and result.cutoff and all(hit.judged for hit in result.hits)
    assert called(capsys, "calibrate", "--library", library.path, "--remove")["removed"]
    assert not search(library, new_encoder, terms).judged
    assert not called(capsys, "calibrate", "--library", library.path, "--remove")["removed"]


def test_what_was_found_is_printed(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "--library", str(library.path), "--labels", "colors"]) == 0
    text = capsys.readouterr().out
    assert "64 pictures with labels: 8 words" in text and "F1 at the divider" in text and "calibrate --remove" in text


def test_captions_are_read_for_things_of_everyday_life(
    library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "captions.csv"
    rows = [f"{row['path']},a red thing" for row in library.items().select(["path"]).to_pylist()]
    table.write_text("\n".join(["file,caption", *rows]))
    assert main(["calibrate", "--library", str(library.path), "--captions", str(table)]) == 2
    assert "at least 6 things of everyday life" in capsys.readouterr().err


def test_too_few_labels_are_refused(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    ids = library.items()["id"].to_pylist()
    library.put_labels([Label(entry, "few", "red" if row % 2 else "blue", "person") for row, entry in enumerate(ids)])
    assert main(["calibrate", "--library", str(library.path), "--labels", "few"]) == 2
    assert "at least 6 classes with 4 pictures each; there are 2" in capsys.readouterr().err
    library.put_labels([Label(entry, "fewer", "red", "person") for entry in ids[:9]])
    assert main(["calibrate", "--library", str(library.path), "--labels", "fewer"]) == 2
    assert "at least 40 pictures" in capsys.readouterr().err


def test_weights_belong_to_one_encoder_and_damage_is_ignored(tmp_path: Path) -> None:
    encoder, other = NewEncoder("new/1"), NewEncoder("new:1")
    path = save_fitted(FittedWeights("new/1", (2.0, -1.0, 9.0), (5.0, -2.5), "words"))
    assert get_calibration(encoder).text_weights == (2.0, -1.0, 9.0) and get_calibration(encoder).is_measured
    assert get_calibration(other) == get_own_calibration(other)
    save_fitted(FittedWeights("new/1", (3.0, -1.0, 9.0), (5.0, -2.5)))
    assert get_calibration(encoder).text_weights[0] == 3.0
    for damaged in ("", "[]", '{"text_weights": [1, 2]}', '{"text_weights": [NaN, 1, 2], "closeness_weights": [1, 2]}'):
        path.write_text(damaged)
        assert load_fitted("new/1") is None and get_calibration(encoder) == get_own_calibration(encoder)
