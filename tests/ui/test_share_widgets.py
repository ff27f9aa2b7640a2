"""Taking vectors and pages away, and bringing vectors in, as a visitor does it without a browser."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from session import picker
from streamlit.testing.v1 import AppTest
from visiting import LIBRARY, SEARCH, find, item_id, labels, press, said, settled, visit

import ui.widgets.vector_exchange
from core import Library
from core.library.registry import create_library
from core.share.vector_formats import VectorFormat, add_vector_format, remove_vector_format
from core.share.vector_import import import_vectors

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("world")]
EXPLORE = "pages/explore.py"


def offered(at: AppTest) -> list[str]:
    """The labels of the download buttons."""
    return [entry.label for entry in at.get("download_button")]


def table(paths: list[str], vectors: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"path": paths, "vector": list(vectors)}), buffer)
    return buffer.getvalue()


def bring_in(at: AppTest, name: str, data: bytes) -> AppTest:
    at.file_uploader("import_file").set_value((name, data, "application/octet-stream")).run()
    return settled(press(at, "Import"))


def test_a_library_s_vectors_are_written_when_asked(colours: Library) -> None:
    at = visit(LIBRARY)
    assert "8 vectors of 48 dimensions: about" in said(at) and not offered(at)
    at = settled(press(at, "Create the file"))
    assert [label for label in offered(at) if label.startswith("Download (")]
    at = at.selectbox("export_format").set_value(".zip").run()
    assert not offered(at) and at.checkbox("export_sprite").label == "With thumbnails"


def test_a_format_from_outside_is_offered(colours: Library) -> None:
    def write(rows: object, path: Path, **_: object) -> None:
        path.write_text("vectors")

    add_vector_format(VectorFormat(".toy", "Toy format", "Nothing but a word.", write, lambda path: None))  # type: ignore[arg-type, return-value]
    try:
        at = visit(LIBRARY).selectbox("export_format").set_value(".toy").run()
        assert "Nothing but a word." in said(at) and "Toy format" in at.selectbox("export_format").options
        assert not [entry for entry in at.checkbox if entry.key == "export_sprite"]
        assert ".toy" in at.file_uploader("import_file").proto.type
        at = settled(press(at, "Create the file"))
        assert [label for label in offered(at) if label.startswith("Download (7 ")]
    finally:
        remove_vector_format(".toy")
    assert "Toy format" not in visit(LIBRARY).selectbox("export_format").options


def test_what_is_too_much_for_a_browser_is_told_a_command(colours: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ui.widgets.vector_exchange, "MOST_BYTES", 10)
    at = visit(LIBRARY)
    assert f"python -m core export --library {colours.path} --out vectors.parquet" in said(at)
    assert "Create the file" not in labels(at)


def test_an_empty_library_has_nothing_to_take(world: None) -> None:
    create_library("Empty")
    assert "There are no vectors yet" in said(visit(LIBRARY))


def test_foreign_vectors_come_in_and_are_used(colours: Library) -> None:
    vectors = np.repeat(np.eye(4), 2, axis=0) + np.arange(8)[:, None] * 0.01
    paths = [*colours.items()["path"].to_pylist()[:7], "gone.png"]
    at = bring_in(visit(LIBRARY), "mine.parquet", table(paths, vectors))
    assert "7 vectors of 7 items, as mine, imported (4 dimensions)" in said(at) and "1 row left out" in said(at)
    at = press(at, "Use these vectors")
    assert picker(at, "Encoder").value == "imported:mine:4" and "7 pictures searchable" in said(at)

    at = at.switch_page(SEARCH).run()
    assert "cannot embed text" in said(find(at, "red"))
    first, second = (Path(path).name for path in paths[:2])
    at = find(at, f"item:{item_id(colours, first)}")
    assert not at.error
    grid = next(entry for entry in at.get("bidi_component") if "cards" in entry.proto.json)
    assert grid.proto.json.index(second) > 0

    at = at.switch_page(EXPLORE).run()
    at = settled(at)  # the map lays itself out
    assert "cluster" in said(at) and not at.error


def test_a_table_that_will_not_do_says_why(colours: Library) -> None:
    at = bring_in(visit(LIBRARY), "v.parquet", table(["red.png"], np.ones((1, 1))))
    assert "2 to 4096 are possible" in said(at)
    at = bring_in(visit(LIBRARY), "v.npz", b"no zip")
    assert "cannot be read" in said(at)


def test_results_and_selections_can_be_saved(colours: Library) -> None:
    at = find(visit(SEARCH), "red")
    at = settled(press(at, "Create the page"))
    assert any(label.startswith("Download (") for label in offered(at))
    at = visit(EXPLORE, layout="PCA", k="3")
    at = settled(press(at, "Lay out the map")) if "Lay out the map" in labels(at) else at
    at = settled(press(at, "Create the page"))
    assert any(label.startswith("Download (") for label in offered(at))


def test_captions_of_the_library_measure_dimensions(colours: Library) -> None:
    page = "pages/dimensions.py"
    assert "caption of" not in said(visit(page, captions_from="the library"))
    red = item_id(colours, "red.png")
    colours.put_captions([(red, "red"), (red, "a red thing"), ("gone", "nobody's")])
    assert "2 captions of 1 item, such as “a red thing”" in said(visit(page, captions_from="the library"))


def test_the_public_changes_no_shared_library(colours: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEMBLANCE_PUBLIC", "1")
    at = visit(LIBRARY)
    assert "read-only" in said(at) and not [entry for entry in at.file_uploader if entry.key == "import_file"]
    assert str(colours.path.parent) not in said(at)


def test_embedding_with_imported_vectors_says_why_not(colours: Library, tmp_path: Path) -> None:
    (tmp_path / "v.parquet").write_bytes(table(["red.png"], np.ones((1, 3))))
    import_vectors(colours, tmp_path / "v.parquet")
    at = visit(LIBRARY, encoder="imported:v:3")
    assert "Embed 7 pictures with this encoder" not in labels(at) and "whose vectors are imported" in said(at)
