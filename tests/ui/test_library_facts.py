"""The counts that pages show: read from the tables once, and again after each commit."""

from __future__ import annotations

from pathlib import Path

from fakes import ColorEncoder

from core.library import Library, ingest
from ui.session.libraries import library_facts


def test_facts_are_those_of_the_tables_as_they_are(library: Library, encoder: ColorEncoder, photos: Path) -> None:
    before = library_facts(library, encoder)
    assert library_facts(library, encoder) is before and str(before.searchable) == "8 pictures"
    assert library_facts(library, ColorEncoder("another")).waiting.pictures == 8
    (photos / "red.png").unlink()
    ingest(library, encoder, [photos])
    after = library_facts(library, encoder)
    assert (after.missing, after.here.pictures) == (1, 7)
    library.remove_vectors(encoder, library.items()["id"].to_pylist()[:1])
    assert library_facts(library, encoder).waiting.pictures == 1
