"""A format that comes from outside: added in Python or by the entry point of a package, written, read, listed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from fakes import ColorEncoder

from core import Library
from core.cli.main import main
from core.errors import DataError
from core.share.export_rows import ExportRows
from core.share.vector_export import estimate_bytes, export_vectors
from core.share.vector_formats import VectorFormat, add_vector_format, import_formats, remove_vector_format
from core.share.vector_import import import_vectors
from core.share.vector_readers import VectorFile

ROOT = Path(__file__).parents[3]
PLUGIN = """
from core.share import VectorFormat

def write(rows, path, **_):
    path.write_text(f"{len(rows)} vectors of {rows.entry.name}")

count = VectorFormat(".count", "Counts", "How many there are.", write)
broken = "no record"
"""


def write_lines(rows: ExportRows, path: Path, **options: object) -> None:
    """A JSON object a line: a path and its vector."""
    with path.open("w") as file:
        for part in rows.parts(**options):  # type: ignore[arg-type]
            for name, vector in zip(part.about["path"].to_pylist(), part.vectors.tolist(), strict=True):
                file.write(json.dumps({"path": name, "vector": vector}) + "\n")


def read_lines(path: Path) -> VectorFile:
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    vectors = np.array([row["vector"] for row in rows])
    about = pa.table({"path": [row["path"] for row in rows]})
    return VectorFile(path, vectors.shape[1], about, "", "", lambda: iter([vectors]))


@pytest.fixture
def lines_format() -> Iterator[None]:
    add_vector_format(VectorFormat(".lines", "JSON lines", "A vector a line.", write_lines, read_lines, 9.0))
    yield
    remove_vector_format(".lines")


@pytest.mark.usefixtures("lines_format")
def test_a_format_from_outside_goes_out_and_comes_back(library: Library, encoder: ColorEncoder, tmp_path: Path) -> None:
    report = export_vectors(library, encoder.id, tmp_path / "v.lines", sprite=True)
    assert report.vectors == 8 and len((tmp_path / "v.lines").read_text().splitlines()) == 8
    result = import_vectors(library, tmp_path / "v.lines")
    assert (result.encoder, result.items, result.left_out) == ("imported:v:48", 8, [])
    assert estimate_bytes(10, 100, ".lines") == 10 * (900 + 200)
    (tmp_path / "v.lines").write_text("{")
    with pytest.raises(DataError, match="cannot be read"):
        import_vectors(library, tmp_path / "v.lines")


@pytest.mark.usefixtures("lines_format")
def test_the_command_line_knows_it(library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, place = str(tmp_path / "v.lines"), ["--library", str(library.path), "--quiet"]
    assert main(["export", *place, "--out", out]) == 0 and main(["import", out, *place, "--name", "mine"]) == 0
    assert "as imported:mine:48" in capsys.readouterr().out
    for command in ("export", "import"):
        with pytest.raises(SystemExit):
            main([command, "--help"])
        assert ".lines" in capsys.readouterr().out, command


def test_a_record_that_is_wrong_is_refused() -> None:
    with pytest.raises(ValueError, match="not a suffix"):
        add_vector_format(VectorFormat("lines", "JSON lines", "", write_lines))
    with pytest.raises(ValueError, match="neither"):
        add_vector_format(VectorFormat(".lines", "JSON lines", ""))
    assert ".lines" not in import_formats()


@pytest.mark.slow
def test_an_installed_package_adds_one_by_its_entry_point(library: Library, tmp_path: Path) -> None:
    place = tmp_path / "site"
    (place / "counter-1.0.dist-info").mkdir(parents=True)
    (place / "counter.py").write_text(PLUGIN)
    (place / "counter-1.0.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: counter\nVersion: 1.0\n")
    (place / "counter-1.0.dist-info/entry_points.txt").write_text(
        "[semblance.vector_formats]\ncount = counter:count\nbroken = counter:broken\ngone = counter:gone\n"
    )
    out = tmp_path / "v.count"
    command = [sys.executable, "-m", "core", "export", "--library", str(library.path), "--out", str(out), "--quiet"]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(place)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 and out.read_text() == "8 vectors of colour", done.stderr
