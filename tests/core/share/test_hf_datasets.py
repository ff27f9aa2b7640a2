"""Data sets as libraries: local folders and Parquet files, labels and captions taken over, nothing read elsewhere."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fakes import COLORS, ColorEncoder
from PIL import Image

from core import Library
from core.cli.main import main
from core.errors import DataError
from core.evaluation.search.retrieval import evaluate_library
from core.library.schema import Label
from core.share.hf_datasets.columns import Columns
from core.share.hf_datasets.ingest import index_dataset, open_dataset

pytest.importorskip("datasets")


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """train/red/0.png and so on: two splits of two classes of three pictures."""
    for split in ("train", "test"):
        for name in ("red", "blue"):
            (tmp_path / "set" / split / name).mkdir(parents=True)
            for number in range(3):
                Image.new("RGB", (40 + number, 30), COLORS[name]).save(
                    tmp_path / "set" / split / name / f"{number}.png"
                )
    return tmp_path / "set"


def png(colour: str, side: int = 40) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (side, side), COLORS[colour]).save(buffer, "PNG")
    return buffer.getvalue()


def table(tmp_path: Path, **columns: object) -> str:
    (tmp_path / "table").mkdir(exist_ok=True)
    pq.write_table(pa.table(columns), tmp_path / "table" / "train-0.parquet")
    return str(tmp_path / "table")


def made(tmp_path: Path) -> Library:
    return Library(tmp_path / "library", create=True)


def test_a_folder_of_classes_becomes_a_library_with_labels(folder: Path, tmp_path: Path, encoder: ColorEncoder) -> None:
    library = made(tmp_path)
    result, report = index_dataset(library, encoder, open_dataset(str(folder)))
    assert (result.added, report.split, report.pictures, report.labels) == (6, "train", 6, 6)
    items = {row["id"]: row["path"] for row in library.items().to_pylist()}
    assert all(Path(path).parent == Path(report.folder) and Path(path).is_file() for path in items.values())
    predictions = {label.item_id: label.label for label in library.labels("label")}
    for item_id, path in items.items():
        assert Image.open(path).getpixel((0, 0)) == COLORS[predictions[item_id]]


def test_a_second_run_adds_nothing_and_keeps_a_person_s_labels(
    folder: Path, tmp_path: Path, encoder: ColorEncoder
) -> None:
    library = made(tmp_path)
    index_dataset(library, encoder, open_dataset(str(folder)), limit=2)
    first = library.labels()[0]
    library.put_labels([Label(first.item_id, "label", "mine", "person")])
    seen = encoder.images_seen
    result, report = index_dataset(library, encoder, open_dataset(str(folder)), limit=2)
    assert (result.unchanged, result.added, report.labels, encoder.images_seen) == (2, 0, 0, seen)
    assert "mine" in [label.label for label in library.labels()]
    result, _ = index_dataset(library, encoder, open_dataset(str(folder), "test"), limit=4)
    assert result.items == 6


def test_captions_of_a_table_are_kept_and_measured_with(tmp_path: Path, encoder: ColorEncoder) -> None:
    name = table(
        tmp_path,
        image=pa.array([{"bytes": png(entry), "path": f"{entry}.png"} for entry in ("red", "green", "blue")]),
        caption=[["red", "a red thing"], ["green"], ["blue"]],
        label=[0, -1, 7],
    )
    library = made(tmp_path)
    _, report = index_dataset(library, encoder, open_dataset(name))
    assert (report.captions, report.labels) == (4, 2)
    figures = evaluate_library(library, encoder)
    assert (figures.pool, figures.queries, figures.t2i.r1, figures.i2t.r1) == (3, 4, 1.0, 1.0)
    ids = dict(library.captions())
    library.remove_items(list(ids))
    assert library.captions() == []
    with pytest.raises(DataError):
        evaluate_library(library, encoder)


@pytest.mark.parametrize("labels", [["a", "b", "c", "a"], [["a"], ["b"], ["a", "c"], []]])
def test_the_first_label_of_a_picture_stays_and_another_is_listed(
    tmp_path: Path, encoder: ColorEncoder, labels: list
) -> None:
    colors = ("red", "blue", "red", "red")
    rows = pa.array([{"bytes": png(color), "path": f"{color}.png"} for color in colors])
    library = made(tmp_path)
    opened = open_dataset(table(tmp_path, image=rows, label=labels))
    _, report = index_dataset(library, encoder, opened)
    assert (report.pictures, report.labels) == (2, 2) and [row for row, _ in report.refused] == ["row 2"]
    assert "'a' is used, 'c' dropped" in report.refused[0][1]
    assert {label.label for label in library.labels()} == {"a", "b"}


def test_a_row_cannot_name_files_of_elsewhere(tmp_path: Path, encoder: ColorEncoder) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(png("red"))
    (tmp_path / "table").mkdir()
    (tmp_path / "table" / "link.png").symlink_to(secret)
    (tmp_path / "table" / "inside.png").write_bytes(png("blue"))
    paths = [str(secret), "../secret.png", "link.png", "http://127.0.0.1:9/a.png", "inside.png"]
    name = table(tmp_path, image=pa.array([{"bytes": None, "path": path} for path in paths], pa.struct(
        [("bytes", pa.binary()), ("path", pa.string())]
    )))  # fmt: skip
    _, report = index_dataset(made(tmp_path), encoder, open_dataset(name))
    assert report.pictures == 1 and [row for row, _ in report.refused] == ["row 0", "row 1", "row 2", "row 3"]
    assert all("outside the data set" in reason for _, reason in report.refused)


def test_what_is_no_picture_is_refused_and_no_name_leaves_the_folder(tmp_path: Path, encoder: ColorEncoder) -> None:
    values = [b"", b"no picture", png("red"), png("blue")]
    paths = ["a.png", "b.png", "../../../evil.png", "=cmd()|x\n.png"]
    rows = [{"bytes": value, "path": path} for value, path in zip(values, paths, strict=True)]
    library = made(tmp_path)
    _, report = index_dataset(library, encoder, open_dataset(table(tmp_path, image=pa.array(rows))))
    assert report.pictures == 2 and len(report.refused) == 2
    assert all(Path(path).parent == Path(report.folder) for path in library.items()["path"].to_pylist())
    assert not (tmp_path / "evil.png").exists()


def test_columns_can_be_named(tmp_path: Path, encoder: ColorEncoder) -> None:
    name = table(tmp_path, small=[png("red", 8)], large=[png("blue")], says=["a red dot"], sort=["dots"])
    library = made(tmp_path)
    columns = Columns("small", "says", ("sort",))
    index_dataset(library, encoder, open_dataset(name), columns=columns)
    assert [text for _, text in library.captions()] == ["a red dot"]
    assert [(label.task, label.label) for label in library.labels()] == [("sort", "dots")]
    with pytest.raises(DataError, match="no column 'large two': it has small, large"):
        index_dataset(library, encoder, open_dataset(name), columns=Columns("large two"))
    with pytest.raises(DataError, match="No column"):
        index_dataset(library, encoder, open_dataset(table(tmp_path, text=["no pictures"])))


def test_what_is_not_there_says_so_and_makes_no_library(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, why in (
        ("hf:nobody/nothing", "cannot be downloaded"),
        (f"hf:{tmp_path}/none", "There is no folder"),
        ("hf:", "Name a data set"),
        (f"hf:{tmp_path}", "no split"),
    ):
        assert main(["index", name, "--split", "dev", "--library", str(tmp_path / "l"), "--quiet"]) == 2
        assert why in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert main(["index", f"hf:{tmp_path / 'empty'}", "--library", str(tmp_path / "l"), "--quiet"]) == 2
    assert main(["index", str(folder), "--limit", "2", "--library", str(tmp_path / "l")]) == 2
    assert "--limit are for data sets" in capsys.readouterr().err and not (tmp_path / "l").exists()


def test_the_command_line_takes_data_sets_and_folders(
    folder: Path, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("core.cli.options.open_encoder", lambda *_, **__: ColorEncoder())
    command = [
        "index",
        f"hf:{folder}",
        str(photos),
        "--split",
        "test",
        "--limit",
        "4",
        "--library",
        str(tmp_path / "l"),
    ]
    assert main([*command, "--quiet", "--json"]) == 0
    predictions = json.loads(capsys.readouterr().out)
    assert predictions["items"] == 12 and predictions["datasets"][0]["rows"] == 4
