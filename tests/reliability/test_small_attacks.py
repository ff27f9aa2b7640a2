"""Small inputs that broke a page, took minutes, or told more than they should."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import os
import re
import stat
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fakes import ColorEncoder

from core import Library
from core.classify.heads import save_head
from core.classify.training import fit_classes
from core.cli.main import main
from core.errors import DataError, LibraryError, QueryError
from core.library.registry import create_library
from core.library.uploads import save_uploads
from core.policy import LOCAL, set_rules
from core.search.concepts import Concept, forget_concept, save_concept
from core.search.query import parse_query
from core.share.pages.page import render, render_page
from core.share.vector_export import export_vectors
from core.utils.tables import csv_text
from ui.components.values import as_dict, as_points, as_text, as_texts
from ui.session.libraries import library_key
from ui.text import plain

pytestmark = pytest.mark.reliability


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEMBLANCE_HOME", str(tmp_path / "some" / "home"))
    return tmp_path / "some" / "home"


@pytest.mark.parametrize(
    "text",
    [
        '{"format": 1e400}',
        '{"format": NaN}',
        "[" * 100_000,
        '{"format": []}',
        '[{"format": 1}]',
        "",
        "\0",
        '{"format": "x"}',
    ],
)
def test_a_manifest_that_makes_no_sense_is_damaged(tmp_path: Path, text: str) -> None:
    (tmp_path / "library.json").write_text(text)
    with pytest.raises(LibraryError, match="damaged"):
        Library(tmp_path)


def test_a_pipe_in_place_of_a_manifest_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "library.json")
    with pytest.raises(LibraryError, match="damaged"):
        Library(tmp_path)


def test_a_home_that_takes_nothing_says_so(home: Path, encoder: ColorEncoder) -> None:
    home.parent.mkdir(parents=True)
    home.write_text("a file, where a folder should be")
    concept = Concept("glow", encoder.id, np.ones(encoder.dim, np.float32), 1)
    rows = np.repeat(np.eye(2, encoder.dim, dtype=np.float32), 4, axis=0)
    head = fit_classes(encoder, "centroid", rows, ["a"] * 4 + ["b"] * 4)
    for act in (
        lambda: save_concept(concept, encoder),
        lambda: save_head(head, encoder, "mine"),
        lambda: forget_concept(encoder, "glow"),
    ):
        with pytest.raises(DataError, match=re.escape(str(home))):
            act()


def test_a_query_has_at_most_fifty_terms() -> None:
    assert len(parse_query(" + ".join(f"word{number}" for number in range(50)))) == 50
    with pytest.raises(QueryError, match="3,000 terms"):
        parse_query(" + ".join(f"word{number}" for number in range(3_000)), files=False)


@pytest.mark.parametrize("form", ["plain", "with numbers of 64 bits"])
def test_an_archive_of_a_million_names_is_not_opened(tmp_path: Path, form: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.png", b"x")
    data = packed.getvalue()
    at = data.rindex(b"PK\5\6")
    if form == "plain":
        data = data[: at + 12] + (90_000_000).to_bytes(4, "little") + data[at + 16 :]
    else:
        record = b"PK\6\6" + bytes(36) + (90_000_000).to_bytes(8, "little") + bytes(8)
        data = data[:at] + record + data[at : at + 12] + b"\xff" * 4 + data[at + 16 :]
    library = Library(tmp_path / "library", create=True)
    report = save_uploads(library, [("many.zip", io.BytesIO(data))], limits=replace(LOCAL, zip_files=500))
    assert report.saved == [] and "far more than 500 files" in report.refused[0][1]
    report = save_uploads(library, [("one.zip", packed)], limits=replace(LOCAL, zip_files=500))
    assert "far more" not in str(report.refused)


@pytest.mark.parametrize("text", ["https://evil.example/x", "HTTP://evil.example", "www.evil.example", "me@evil.test"])
def test_text_of_others_becomes_no_link(text: str) -> None:
    shown = re.sub(r"\\(.)", r"\1", plain(f"photo {text} here"))
    assert not re.search(r"https?://|www(?=\.)|[-.\w+]+@[-\w]+", shown, re.IGNORECASE)
    assert shown.replace("\u2060", "") == f"photo {text} here"


def test_cells_are_whole_for_programs_that_split_at_semicolons() -> None:
    rows = [["name", "n"], ["a;=1+1", 2], ["b\t=x", None], ['say "x"', 0.1], ["plain", True]]
    text = csv_text(rows, redact=str)
    assert '"a;=1+1",2' in text and '"b\t=x",' in text
    assert list(csv.reader(io.StringIO(text))) == [[str(c) if c is not None else "" for c in row] for row in rows]


def test_a_new_home_is_for_its_user_alone(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    create_library("First")
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    home.chmod(0o755)
    assert main(["import", "none.npz", "--library", str(home / "libraries" / "First")]) == 2
    assert stat.S_IMODE(home.stat().st_mode) == 0o755  # told by `health`, not changed
    capsys.readouterr()


def test_a_saved_page_runs_its_own_script_alone() -> None:
    page = render_page(title="t", about="a", facts={}, body=render("parts.html"), data=[1], script="page_map.js")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    script = re.search(r"<script>(.*?)</script>", page, re.DOTALL)
    assert policy and script
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in policy[1]
    without = render_page(title="t", about="a", facts={}, body=render("parts.html"))
    assert "script-src 'none'" in without


def test_what_a_public_server_hands_out_confirms_no_folder(
    home: Path, library: Library, encoder: ColorEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEMBLANCE_PUBLIC", "1")
    guess = hashlib.blake2b(os.fsencode(library.path), digest_size=4).hexdigest()
    key = library_key(library.path)
    assert guess not in key and key == library_key(library.path)
    (encoder.name, encoder.id) = (str(tmp_path / "models" / "clip"), encoder.id)
    set_rules(lambda: replace(LOCAL, public=True))
    try:
        export_vectors(library, encoder.id, tmp_path / "v.csv", redact=lambda text: text.rpartition("/")[2])
    finally:
        set_rules(lambda: LOCAL)
    text = (tmp_path / "v.csv").read_text()
    assert str(tmp_path) not in text and not any(item_id in text for item_id in library.items()["id"].to_pylist())


@pytest.mark.parametrize(
    "value",
    [None, 5, "text", [1], {"ids": 5, "token": None}, {"list": [1, [1, 2]], "line": [[1, "x"]]}, [[1, float("nan")]]],
)
def test_what_no_browser_sends_is_nothing(value: object) -> None:
    said = as_dict(value)
    assert as_texts(said.get("ids")) == [] and as_points(said.get("line")) == [] and as_points(value) == []
    assert as_text(value) == ("text" if value == "text" else "")
    assert as_points([[1, 2.5], [0, -1]]) == [[1, 2.5], [0, -1]]
