"""Questions to begin with."""

from pathlib import Path

from fakes import ColorEncoder

from core import Library, ingest
from core.ask import suggest_questions


def test_questions_come_from_what_documents_say(tmp_path: Path, encoder: ColorEncoder) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "a.txt").write_text("It is a long story. The foehn is a warm wind of the Alps.")
    (folder / "b.md").write_text("# Low tide\n\nBoats rest on the mud.")
    (folder / "c.txt").write_text("Nobody knows.")
    library = Library(tmp_path / "library", create=True)
    ingest(library, encoder, [folder], texts=True)
    assert sorted(suggest_questions(library)) == ["What is the foehn?"]
    assert len(suggest_questions(library, count=1)) == 1


def test_a_library_without_texts_has_none(library: Library) -> None:
    assert suggest_questions(library) == []
