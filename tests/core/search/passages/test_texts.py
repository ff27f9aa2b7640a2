"""Search of texts: by meaning, by words, by pictures, and mixed with pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from commands import run
from documents import make_srt
from fakes import ColorEncoder
from media import write_video

import core.cli.options
from core import Filters, Library, Term, ingest, parse_query, search
from core.cli.main import main
from core.errors import MediaError, QueryError
from core.search import PassageHit, SearchResult, search_texts, search_videos
from core.search.passages.document_query import make_document_term

ANY = Filters(kind="any")
TEXTS = {
    "bread.md": "# Bread\n\nDough rises because yeast eats sugar and gives off gas.",
    "coins.md": "# Coins\n\nIsaac Newton became Warden of the English Mint in 1696.",
    "tides.md": "# Tides\n\nThe Moon pulls the water of the sea toward itself.\n\n# Flats\n\nAt low water people walk.",
    "wall.md": "# Wall\n\nblue",
}


@pytest.fixture
def papers(photos: Path) -> Path:
    """The photos, and texts among them."""
    for name, text in TEXTS.items():
        (photos / name).write_text(text)
    return photos


@pytest.fixture
def library(tmp_path: Path, papers: Path, encoder: ColorEncoder) -> Library:
    library = Library(tmp_path / "library", create=True)
    ingest(library, encoder, [papers], texts=True)
    return library


def names(result: SearchResult) -> list[str]:
    return [Path(hit.item.path).name for hit in result.hits]


def ask(library: Library, query: str | Sequence[Term], **options: object) -> SearchResult:
    terms = parse_query(query) if isinstance(query, str) else query
    return search_texts(library, ColorEncoder(), terms, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("question", "answer"),
    [("Why do loaves get bigger?", "bread.md"), ("Who worked where money was made?", "coins.md"), ("1696", "coins.md")],
)
def test_questions_find_the_passage_that_answers(library: Library, question: str, answer: str) -> None:
    hits = ask(library, question).hits
    best = hits[0]
    assert Path(best.item.path).name == answer and isinstance(best, PassageHit) and best.passage is not None
    assert best.passage.text in TEXTS[answer] and best.passage.segment == best.segment
    assert [hit.relevance for hit in hits] == sorted((hit.relevance for hit in hits), reverse=True)


def test_a_name_and_what_is_asked_of_it_is_likely_and_what_no_text_says_is_not(library: Library) -> None:
    assert ask(library, "Which office did Isaac Newton take in 1696?").hits[0].likely
    assert ask(library, "Who won the bicycle race?").cutoff == 0


def test_words_are_found_in_their_forms_and_in_texts_that_came_later(
    library: Library, papers: Path, encoder: ColorEncoder
) -> None:
    (papers / "birds.md").write_text("The warblers of Fuerteventura sing at dawn.")
    ingest(library, encoder, [papers])
    for query in ("warbler", "FUERTEVENTURA", "singing warblers"):
        assert names(ask(library, query))[0] == "birds.md"
    (papers / "birds.md").unlink()
    ingest(library, encoder, [papers])
    assert "birds.md" not in names(ask(library, "warbler"))


@pytest.mark.parametrize("query", ['"say \\ (this) AND *"', "é", "the of and", "water " * 300])
def test_any_text_is_a_query(library: Library, query: str) -> None:
    assert ask(library, query).hits


def test_a_document_may_have_one_hit_or_one_for_each_passage(library: Library) -> None:
    assert names(ask(library, "water of the sea")).count("tides.md") == 2
    assert names(ask(library, "water of the sea", fold_documents=True)).count("tides.md") == 1
    assert len(ask(library, "water", top_k=1).hits) == 1


def test_filters_limit_texts(library: Library, papers: Path) -> None:
    result = ask(library, "water", filters=Filters(folder=str(papers / "more")))
    assert (result.hits, result.considered) == ((), 0)
    assert ask(library, "water", filters=Filters(folder=str(papers))).considered == len(TEXTS)


def test_pictures_find_texts_and_texts_find_pictures(library: Library, papers: Path, encoder: ColorEncoder) -> None:
    assert names(ask(library, [Term("image", papers / "blue.png")]))[0] == "wall.md"
    rows = {Path(row["path"]).name: row["id"] for row in library.items().to_pylist()}
    assert names(ask(library, [Term("item", rows["blue.png"])]))[0] == "wall.md"
    for term in (Term("item", rows["wall.md"]), Term("frame", f"{rows['wall.md']}@0")):
        best = search(library, encoder, [term]).hits[0]
        assert Path(best.item.path).name == "blue.png" and best.likely, "as if somebody had typed the words"


def test_more_like_a_text_leaves_the_text_itself_out(library: Library) -> None:
    rows = {Path(row["path"]).name: row["id"] for row in library.items().to_pylist()}
    found = names(ask(library, [Term("item", rows["tides.md"])]))
    assert "tides.md" not in found and len(found) == len(TEXTS) - 1


def test_mixed_search_ranks_texts_and_pictures_by_their_match(library: Library, encoder: ColorEncoder) -> None:
    mixed = search(library, encoder, parse_query("Who was Warden of the Mint in 1696?"), filters=ANY)
    assert names(mixed)[0] == "coins.md" and mixed.considered == 8 + len(TEXTS)
    assert {hit.item.kind for hit in search(library, encoder, parse_query("blue"), filters=ANY).hits[:2]} == {
        "image",
        "text",
    }
    texts = search(library, encoder, parse_query("water of the sea"), filters=Filters(kind="text"))
    assert names(texts).count("tides.md") == 1, "a document is one item"


def test_subtitles_find_the_moment_of_their_video(tmp_path: Path, encoder: ColorEncoder) -> None:
    write_video(tmp_path / "film.mp4", ["red", "blue"])
    cues = [(0.0, 0.9, "We bake bread at dawn."), (1.0, 1.9, "The rocket leaves the tower.")]
    (tmp_path / "film.srt").write_bytes(make_srt(cues))
    library = Library(tmp_path / "library", create=True)
    ingest(library, encoder, [tmp_path / "film.mp4", tmp_path / "film.srt"])
    best = ask(library, "launch of a spacecraft").hits[0]
    assert isinstance(best, PassageHit) and best.passage is not None and best.video is not None
    assert (Path(best.video.path).name, best.passage.start_s) == ("film.mp4", 1.0)


def test_search_without_a_kind_finds_no_texts(library: Library, encoder: ColorEncoder) -> None:
    assert {hit.item.kind for hit in search(library, encoder, parse_query("Isaac Newton")).hits} == {"image"}


def test_a_library_without_texts_has_no_table_for_them(tmp_path: Path, photos: Path, encoder: ColorEncoder) -> None:
    library = Library(tmp_path / "plain", create=True)
    ingest(library, encoder, [photos])
    assert ask(library, "anything").hits == () and names(search(library, encoder, parse_query("blue"), filters=ANY))
    assert not [path.name for path in library.path.iterdir() if path.name.startswith(("passages", "vectors_sentence"))]
    with pytest.raises(QueryError, match="empty"):
        search(library, encoder, [], filters=ANY)


def test_the_sentence_encoder_is_no_choice_for_pictures(library: Library) -> None:
    assert [entry.name for entry in library.encoders()] == ["colour"]


def test_the_command_line_searches_texts_and_all_kinds(
    library: Library, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core.cli.options, "open_encoder", lambda name, on_progress=None: ColorEncoder())
    options = ("--library", library.path)
    found = run(capsys, "search", "Newton 1696", "--kind", "text", "--top", "1", *options)["hits"][0]
    assert (Path(found["path"]).name, found["kind"], found["heading"], found["line"]) == (
        "coins.md",
        "text",
        "Coins",
        1,
    )
    assert "Isaac Newton" in found["text"] and found["end"] - found["start"] == len(found["text"])
    kinds = [hit["kind"] for hit in run(capsys, "search", "blue", "--kind", "any", *options)["hits"]]
    assert {"text", "image"} <= set(kinds)
    main(["search", "Newton 1696", "--kind", "text", "--quiet", "--library", str(library.path)])
    assert "coins.md  line 1  " in capsys.readouterr().out


def test_a_saved_page_quotes_the_passages_it_found(
    library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core.cli.options, "open_encoder", lambda name, on_progress=None: ColorEncoder())
    for kind in ("text", "any"):
        page = tmp_path / f"{kind}.html"
        run(capsys, "search", "Newton 1696", "--kind", kind, "--all", "--library", library.path, "--report", page)
        assert (
            "line 1, Coins: Coins Isaac Newton became Warden" in page.read_text()
            and "no picture" not in page.read_text()
        )


def test_words_find_moments_that_subtitles_say(
    tmp_path: Path, encoder: ColorEncoder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_video(tmp_path / "film.mp4", ["red", "blue"])
    write_video(tmp_path / "other.mp4", ["green"])
    (tmp_path / "film.srt").write_bytes(
        make_srt([(0.0, 0.9, "We bake bread at dawn."), (1.4, 1.9, "The rocket left.")])
    )
    library = Library(tmp_path / "library", create=True)
    ingest(library, encoder, [tmp_path], texts=True)
    best = search_videos(library, encoder, parse_query("the rocket left")).hits[0]
    assert Path(best.item.path).name == "film.mp4" and best.likely
    moment = best.moments[0]
    assert (moment.start_s, moment.said, moment.enter_s) == (pytest.approx(1.4), "The rocket left.", moment.start_s)
    for query in ("red", "a swimming pool"):
        assert not any(
            moment.said for hit in search_videos(library, encoder, parse_query(query)).hits for moment in hit.moments
        )
    plain = search_videos(library, encoder, parse_query("the rocket left"), by_subtitles=False)
    assert not any(moment.said for hit in plain.hits for moment in hit.moments)
    monkeypatch.setattr(core.cli.options, "open_encoder", lambda name, on_progress=None: ColorEncoder())
    first = run(capsys, "search", "the rocket left", "--kind", "video", "--library", library.path)["hits"][0]
    assert (first["said"], first["start_s"]) == ("The rocket left.", 1.4)


def test_a_document_is_a_query_by_its_most_typical_passage(library: Library, tmp_path: Path) -> None:
    """Of bytes too, whose name says how they are read."""
    flour = "# Baking\n\nYeast makes dough rise.\n\n# Flour\n\nDough of rye rises less.\n\n# Thanks\n\nTo my aunt."
    (tmp_path / "baking.md").write_text(flour)
    page = b"<html><style>p {color: red}</style><p>Dough of rye rises less.</p></html>"
    for term in (make_document_term(tmp_path / "baking.md"), make_document_term(page, name="a.HTML")):
        assert term.kind == "text" and "rises less" in str(term.value) and "color" not in str(term.value)
        assert names(ask(library, [term]))[0] == "bread.md"
    with pytest.raises(MediaError, match="empty"):
        make_document_term(b"", name="a.txt")
