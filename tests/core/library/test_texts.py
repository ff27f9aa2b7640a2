"""Texts in a library: read on request, kept with their words and places, resumed, and given to pictures and videos."""

from __future__ import annotations

import io
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from documents import make_pdf, make_srt
from fakes import ColorEncoder
from media import write_video
from PIL import Image

from core import Filters, Item, Library, ingest, parse_query, search
from core.encoders.base import Vectors
from core.errors import LibraryError
from core.library.ingest.estimate import estimate_ingest
from core.library.ingest.texts import scan_items
from core.library.schema import Passage
from core.library.subtitles import match_subtitles
from core.library.uploads import save_uploads
from core.policy import get_policy
from core.previews.thumbnails import make_thumbnail
from core.progress import Task


@pytest.fixture
def papers(photos: Path) -> Path:
    """The photos, and among them texts of several formats, a caption and tables."""
    (photos / "report.pdf").write_bytes(make_pdf(["A red barn.", "", "A blue lake."]))
    (photos / "notes.md").write_text("# Walls\n\nGreen walls.\n\n# Doors\n\nYellow doors.")
    (photos / "red.txt").write_text("a red\nsquare")
    (photos / "captions.csv").write_text("file,caption\nblue.png,a blue square\nblue.png,sky\nnowhere.png,none\n")
    (photos / "labels.csv").write_text("file,label\nblue.png,cold\n")
    (photos / "rows.csv").write_text("text\norange juice\n")
    (photos / "empty.txt").write_text("")
    return photos


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library", create=True)


def passages_of(library: Library, name: str) -> list[Passage]:
    """The passages of a file."""
    item_id = next(row["id"] for row in library.items().to_pylist() if Path(row["path"]).name == name)
    return library.passages([item_id]).get(item_id, [])


def names_of(library: Library, kind: str = "text", status: str = "ok") -> set[str]:
    """The names of the files of a kind."""
    rows = library.items().to_pylist()
    return {Path(row["path"]).name for row in rows if (row["kind"], row["status"]) == (kind, status)}


def test_texts_are_read_only_where_asked(papers: Path, library: Library, encoder: ColorEncoder) -> None:
    report = ingest(library, encoder, [papers])
    assert (report.added, report.failed) == (8, []) and report.passed_over[".csv"] == 3
    assert not (library.path / "passages.lance").exists(), "a library without texts stays as it was"

    report = ingest(library, encoder, [papers], texts=True)
    assert report.added == 3 and [(Path(path).name, why) for path, why in report.failed] == [
        ("empty.txt", "The file is empty (0 bytes).")
    ]
    assert names_of(library) == {"report.pdf", "notes.md", "rows.csv"}
    (papers / "more.md").write_text("White walls.")
    assert ingest(library, encoder, [papers]).added == 1, "a library remembers that it reads the texts of a folder"
    assert ingest(library, encoder, [papers]).unchanged == 12
    (papers / "other.md").write_text("Black walls.")
    assert ingest(library, encoder, [papers], texts=False).added == 0
    assert len(names_of(library)) == 4, "texts that are there stay"


def test_a_file_that_is_named_is_read(papers: Path, library: Library, encoder: ColorEncoder) -> None:
    assert ingest(library, encoder, [papers / "notes.md"]).added == 1


def test_passages_have_words_and_places(papers: Path, library: Library, encoder: ColorEncoder) -> None:
    ingest(library, encoder, [papers], texts=True)
    assert [(row.text, row.page) for row in passages_of(library, "report.pdf")] == [("A red barn.\n\nA blue lake.", 1)]
    assert [(row.heading, row.line) for row in passages_of(library, "notes.md")] == [("Walls", 1), ("Doors", 5)]
    item = next(Item.from_row(row) for row in library.items().to_pylist() if row["path"].endswith("report.pdf"))
    assert item.reason == "Without text, as scans and pictures are: page 2."
    rows = library.item_vectors(encoder.id, [item.id])[item.id]
    assert [row.segment for row in rows] == [row.segment for row in passages_of(library, "report.pdf")]
    assert Image.open(io.BytesIO(make_thumbnail(item, time_s=0.0))).height > 100


def test_search_without_a_kind_is_of_pictures(papers: Path, library: Library, encoder: ColorEncoder) -> None:
    ingest(library, encoder, [papers])
    before = [(hit.item.id, hit.score, hit.relevance) for hit in search(library, encoder, parse_query("red")).hits]
    ingest(library, encoder, [papers], texts=True)
    found = search(library, encoder, parse_query("red"), captions=False).hits
    assert [(hit.item.id, hit.score, hit.relevance) for hit in found] == before
    found = search(library, encoder, parse_query("red"), filters=Filters(kind="text")).hits
    assert {hit.item.kind for hit in found} == {"text"}


def test_captions_beside_pictures_are_given_to_them(papers: Path, library: Library, encoder: ColorEncoder) -> None:
    report = ingest(library, encoder, [papers], texts=True)
    paths = dict(zip(library.items()["id"].to_pylist(), library.items()["path"].to_pylist(), strict=True))
    found = {(Path(paths[item_id]).name, caption) for item_id, caption in library.captions()}
    assert found == {("red.png", "a red square"), ("blue.png", "a blue square"), ("blue.png", "sky")}
    assert (report.passed_over[".txt (captions)"], report.passed_over[".csv (captions)"]) == (1, 1)
    ingest(library, encoder, [papers])
    assert len(library.captions()) == 3


def test_subtitles_belong_to_the_video_beside_them(tmp_path: Path, library: Library, encoder: ColorEncoder) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    write_video(folder / "film.mp4", ["red", "blue"])
    for name in ("film.srt", "film.en.srt", "alone.srt"):
        (folder / name).write_bytes(make_srt([(0.5, 1.5, f"A red wall in {name}.")]))
    ingest(library, encoder, [folder], texts=True)
    items = [Item.from_row(row) for row in library.items().to_pylist()]
    names = {item.id: Path(item.path).name for item in items}
    found = {names[owned]: names[video.id] for owned, video in match_subtitles(items).items()}
    assert found == {"film.srt": "film.mp4", "film.en.srt": "film.mp4"}
    assert [(row.start_s, row.end_s) for row in passages_of(library, "film.srt")] == [(0.5, 1.5)]


def test_changed_copied_moved_and_removed_texts(papers: Path, library: Library, encoder: ColorEncoder) -> None:
    ingest(library, encoder, [papers], texts=True)
    shutil.copy(papers / "notes.md", papers / "copy.md")
    (papers / "rows.csv").rename(papers / "moved.csv")
    (papers / "report.pdf").write_bytes(make_pdf(["A white barn."]))
    report = ingest(library, encoder, [papers])
    assert (report.added, report.renamed, report.updated, report.embedded) == (1, 1, 1, 1)
    assert [row.text for row in passages_of(library, "copy.md")] == [
        row.text for row in passages_of(library, "notes.md")
    ]
    assert [row.text for row in passages_of(library, "moved.csv")] == ["orange juice"]
    assert [row.text for row in passages_of(library, "report.pdf")] == ["A white barn."]
    assert len(library.passage_ids()) == 4, "those of the file before its change are gone"
    for path in papers.glob("*.md"):
        path.unlink()
    ingest(library, encoder, [papers])
    library.purge_missing()
    assert len(library.passage_ids()) == 2


def test_a_long_text_goes_on_where_it_was_stopped(
    tmp_path: Path, library: Library, encoder: ColorEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "\n".join(f'{{"text": "red row {number}"}}' for number in range(900))
    (tmp_path / "long.jsonl").write_text(rows)
    cancel, encode, seen = threading.Event(), encoder.encode_texts, [0]

    def stop(texts: Sequence[str]) -> Vectors:
        seen[0] += len(texts)
        if seen[0] >= 600:
            cancel.set()
        return encode(texts)

    monkeypatch.setattr(encoder, "encode_texts", stop)
    assert ingest(library, encoder, [tmp_path / "long.jsonl"], task=Task(cancel=cancel)).cancelled
    cancel = threading.Event()
    report = ingest(library, encoder, [tmp_path / "long.jsonl"])
    assert (report.updated, report.vectors) == (1, 900) and report.embedded < 900
    assert [row.text for row in passages_of(library, "long.jsonl")] == [f"red row {number}" for number in range(900)]


def test_passages_that_an_encoder_cuts_are_counted(
    papers: Path, library: Library, encoder: ColorEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoder, "reads_whole", lambda text: "Green" not in text, raising=False)
    ingest(library, encoder, [papers / "notes.md"])
    (item,) = map(Item.from_row, library.items().to_pylist())
    assert item.status == "ok" and item.reason is not None and item.reason.startswith("Of 1 of its parts the encoder")


def test_lost_passages_are_read_again(papers: Path, library: Library, encoder: ColorEncoder) -> None:
    ingest(library, encoder, [papers], texts=True)
    shutil.rmtree(library.path / "passages.lance")
    again = Library(library.path)
    assert again.passages([]) == {} and passages_of(again, "notes.md") == []
    vectors = again.vector_count(encoder.id)
    ingest(again, encoder, [papers])
    assert len(passages_of(again, "notes.md")) == 2 and again.vector_count(encoder.id) == vectors


def test_a_damaged_table_of_passages_says_what_to_do(papers: Path, library: Library, encoder: ColorEncoder) -> None:
    ingest(library, encoder, [papers], texts=True)
    for path in (library.path / "passages.lance").glob("data/*.lance"):
        path.write_bytes(b"damaged")
    with pytest.raises(LibraryError, match="table of texts"):
        Library(library.path).passages([row["id"] for row in library.items().to_pylist()])
    assert search(Library(library.path), encoder, parse_query("red")).hits, "pictures are found all the same"


def test_the_estimate_counts_texts(papers: Path, encoder: ColorEncoder) -> None:
    estimate = estimate_ingest(scan_items([papers], texts=True), encoder)
    assert estimate.counts["text"] == 4 and estimate.counts["image"] == 8
    assert "text" not in estimate_ingest(scan_items([papers]), encoder).counts


def test_uploads_take_texts_where_asked(library: Library) -> None:
    files = [("notes.md", io.BytesIO(b"words"))]
    assert not save_uploads(library, files, limits=get_policy()).saved
    assert [path.suffix for path in save_uploads(library, files, limits=get_policy(), texts=True).saved] == [".md"]
