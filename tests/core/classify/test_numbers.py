"""Numbers that a head predicts of libraries, files and texts, as a table and on the command line."""

from __future__ import annotations

import csv
import io
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import ColorEncoder
from media import write_video

import core.cli.options
from core.classify.embedded_set import embed_files_set, embed_texts_set
from core.classify.heads import Head, head_bytes, save_head
from core.classify.predict import ValuePrediction, predict_library_values, values_csv
from core.classify.training import fit_classes, fit_numbers
from core.cli.main import main
from core.errors import DataError
from core.library import Library, ingest
from core.library.filters import Filters
from core.plots.lab import value_histogram
from core.progress import Task

Run = Callable[..., dict[str, Any]]


def warmth(encoder: ColorEncoder) -> Head:
    vectors = np.repeat(encoder.encode_texts(["red", "blue"]), 6, axis=0)
    return fit_numbers(encoder, "ridge", vectors, [30.0] * 6 + [-10.0] * 6, name="warmth")


def test_a_library_has_a_number_for_each_item(encoder: ColorEncoder, library: Library, photos: Path) -> None:
    write_video(photos / "mixed.mp4", (("red", 4.0), ("blue", 4.0)), size=(64, 48))
    ingest(library, encoder, [photos])
    seen = encoder.images_seen
    steps: list[tuple[int, int | None]] = []
    head = warmth(encoder)
    found = predict_library_values(library, encoder, head, task=Task(lambda now: steps.append((now.done, now.total))))
    values = {Path(entry.source).name: entry.value for entry in found}
    assert encoder.images_seen == seen and len(values) == 9 and steps == [(1, 2), (2, 2)]
    assert values["red.png"] == pytest.approx(30, abs=1) and values["blue.png"] == pytest.approx(-10, abs=1)
    assert values["mixed.mp4"] == pytest.approx(10, abs=2), "the number of its mean over time"
    assert all(entry.item is not None and entry.item.path == entry.source for entry in found)


def test_only_some_items_and_an_early_end(encoder: ColorEncoder, library: Library, photos: Path) -> None:
    sample = predict_library_values(library, encoder, warmth(encoder), filters=Filters(folder=str(photos / "more")))
    assert len(sample) == 4 and all(Path(entry.source).parent == photos / "more" for entry in sample)
    stop = threading.Event()
    stop.set()
    assert predict_library_values(library, encoder, warmth(encoder), task=Task(cancel=stop)) == []


def test_files_have_the_same_number_as_in_a_library(encoder: ColorEncoder, library: Library, photos: Path) -> None:
    write_video(photos / "clip.mp4", ("red", "blue"), size=(64, 48))
    ingest(library, encoder, [photos])
    stored = {entry.source: entry.value for entry in predict_library_values(library, encoder, warmth(encoder))}
    names = [str(photos / "clip.mp4"), str(photos / "red.png")]
    found = embed_files_set(encoder, list(map(Path, names))).predict_values(
        warmth(encoder)
    )  # the library stores float16
    assert [entry.source for entry in found] == names
    assert [entry.value for entry in found] == pytest.approx(
        [stored[name] for name in names], abs=0.05
    )  # stored as float16


def test_texts_have_numbers_too(encoder: ColorEncoder) -> None:
    cold, warm = embed_texts_set(encoder, ["blue", "red"]).predict_values(warmth(encoder))
    assert cold.value < 0 < warm.value and (warm.source, warm.item) == ("red", None)
    assert embed_texts_set(encoder, []).predict_values(warmth(encoder)) == []


def test_a_head_of_classes_predicts_no_number(encoder: ColorEncoder, library: Library) -> None:
    head = fit_classes(encoder, "centroid", encoder.encode_texts(["red", "blue"]), ["warm", "cold"])
    with pytest.raises(DataError, match="not a number"):
        predict_library_values(library, encoder, head)


def test_values_as_a_table() -> None:
    text = values_csv([ValuePrediction("/a\udcff,b.jpg", 1.25), ValuePrediction("=cmd", -1e9)], redact=str)
    assert list(csv.DictReader(io.StringIO(text.encode("utf-8").decode()))) == [
        {"what": r"/a\udcff,b.jpg", "value": "1.25"},
        {"what": "'=cmd", "value": "-1e+09"},
    ]


def test_gathering_can_be_stopped(encoder: ColorEncoder, photos: Path) -> None:
    write_video(photos / "long.mp4", ("red", "blue"), size=(64, 48))
    stop = threading.Event()
    files = [photos / "red.png", photos / "long.mp4", photos / "blue.png"]
    sample = embed_files_set(encoder, files, task=Task(lambda now: stop.set(), stop))
    assert sample.sources == (str(photos / "red.png"),) and sample.failed == ()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, encoder: ColorEncoder, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setattr(core.cli.options, "open_encoder", lambda name, **_: encoder)

    def run(*arguments: object) -> dict[str, Any]:
        assert main([*map(str, arguments), "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return run


def test_the_command_line_tells_numbers(run: Run, encoder: ColorEncoder, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.safetensors").write_bytes(head_bytes(warmth(encoder)))
    save_head(warmth(encoder), encoder, "by name")
    for head in (tmp_path / "mine.safetensors", "by name"):
        found = run("classify", photos / "red.png", "/nowhere.png", photos / "blue.png", "--head", head)
        assert [set(result) for result in found["results"]] == [{"path", "value"}] * 2
        assert [result["path"] for result in found["results"]] == [str(photos / "red.png"), str(photos / "blue.png")]
        assert [result["value"] for result in found["results"]] == pytest.approx([30, -10], abs=1)
        assert [failure["path"] for failure in found["failed"]] == ["/nowhere.png"]
    texts = run("classify", "--text", "red", "blue", "--head", "by name")["results"]
    assert [result["text"] for result in texts] == ["red", "blue"] and texts[0]["value"] > texts[1]["value"]


def test_people_see_numbers(run: Run, encoder: ColorEncoder, photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_head(warmth(encoder), encoder, "warmth")
    assert main(["classify", str(photos / "red.png"), "--head", "warmth", "--quiet"]) == 0
    value, path = capsys.readouterr().out.split()
    assert float(value) == pytest.approx(30, abs=1) and path.endswith("red.png")


def test_files_of_a_folder_whose_names_are_not_utf8_are_listed(run: Run, encoder: ColorEncoder, photos: Path) -> None:
    (photos / "\udcff.png").write_bytes((photos / "red.png").read_bytes())
    save_head(warmth(encoder), encoder, "warmth")
    for request in (("--head", "warmth"), ("--labels", "red,blue")):
        found = run("classify", photos, *request)
        assert len(found["results"]) == 8
        assert [failure["path"] for failure in found["failed"]] == [str(photos / r"\xff.png")]
        assert len(run("classify", photos / "\udcff.png", *request)["results"]) == 1, "named itself it is told"


@pytest.mark.parametrize(
    "values", [[1.0], [0.0, 0.0], [1e30, 1e30 * (1 + 1e-7)], [0.1] * 50 + [1e12], list(range(100)), [-3.0, -1.0, -1.0]]
)
def test_a_histogram_counts_every_item_once(values: list[float]) -> None:
    figure = value_histogram(values, name="<b>price</b>", noun="pictures")
    assert sum(figure.data[0].y) == len(values) and len(figure.data[0].y) <= 40
    assert figure.layout.xaxis.title.text == "&lt;b&gt;price&lt;/b&gt;" and figure.layout.yaxis.title.text == "pictures"
