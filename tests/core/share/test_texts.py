"""Texts leave a library and enter another: tables, zips and vectors."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from documents import make_pdf
from fakes import ColorEncoder

from core import Filters, Library, ingest, parse_query, search
from core.encoders import open_encoder
from core.policy import LOCAL, set_rules
from core.share import export_vectors, import_vectors
from core.share.hits import hits_csv, write_hits_zip


@pytest.fixture
def papers(photos: Path) -> Path:
    """The photos, and two documents among them."""
    (photos / "wall.md").write_text("# Wall\n\nA red wall.\n\n# Lake\n\nA blue lake.")
    (photos / "report.pdf").write_bytes(make_pdf(["Honey cost nine francs."]))
    return photos


@pytest.fixture
def library(tmp_path: Path, papers: Path, encoder: ColorEncoder) -> Library:
    library = Library(tmp_path / "library", create=True)
    ingest(library, encoder, [papers], texts=True)
    return library


@pytest.fixture
def public(photos: Path) -> Iterator[None]:
    """A server for strangers that lists the folder of the photos."""
    set_rules(lambda: replace(LOCAL, public=True, folders=(str(photos),)))
    yield
    set_rules(lambda: LOCAL)


def find_honey(library: Library, encoder: ColorEncoder) -> list:
    return list(search(library, encoder, parse_query("nine francs for honey"), filters=Filters(kind="text")).hits)


def test_found_documents_are_taken_along(library: Library, papers: Path, encoder: ColorEncoder) -> None:
    hits, target = find_honey(library, encoder), io.BytesIO()
    assert Path(hits[0].item.path).name == "report.pdf"
    assert write_hits_zip(hits, target, redact=str) == []
    with zipfile.ZipFile(target) as archive:
        assert archive.read("0001 report.pdf") == (papers / "report.pdf").read_bytes()
    assert hits_csv(hits, redact=str).splitlines()[1].startswith(f"1,{papers / 'report.pdf'},text,")


@pytest.mark.usefixtures("public")
def test_a_public_server_keeps_documents_and_says_why(library: Library, encoder: ColorEncoder) -> None:
    hits, target = find_honey(library, encoder), io.BytesIO()
    assert hits[0].passage.text == "Honey cost nine francs.", "passages are found and shown"
    assert len(write_hits_zip(hits, target, redact=str)) == len(hits)
    with zipfile.ZipFile(target) as archive:
        assert "report.pdf: " in archive.read("left out.txt").decode()


def test_vectors_of_texts_are_exported_and_imported(library: Library, tmp_path: Path, encoder: ColorEncoder) -> None:
    report = export_vectors(library, encoder.id, tmp_path / "all.npz")
    other = Library(tmp_path / "other", create=True)
    result = import_vectors(other, tmp_path / "all.npz", name="mine")
    assert result.left_out == [] and result.items == 10
    index = other.index(open_encoder(result.encoder))
    assert len(index) == report.vectors and sorted(set(index.items["kind"].to_pylist())) == ["image", "text"]
    assert find_honey(other, encoder) == [], "passages come from documents: vectors have none"
    ingest(other, encoder, [Path(index.items["path"][0].as_py()).parent], texts=True)
    assert find_honey(other, encoder)
