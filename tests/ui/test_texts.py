"""The pages with a library of photos, documents and a video with subtitles, run without a browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from documents import make_pdf, make_srt
from fakes import ColorEncoder
from media import write_video
from session import request_details
from visiting import HOME, SEARCH, VIDEO, cards, component, item_id, said, visit

from core import Library, ingest
from core.library.registry import create_library

pytestmark = pytest.mark.usefixtures("world")


@pytest.fixture
def mixed(photos: Path, encoder: ColorEncoder) -> Library:
    """Photos, texts and a video with subtitles in one library."""
    (photos / "mill.md").write_text(
        "# The mill\n\n" + "\n\n".join(f"Wheel {n} grinds rye *and* corn." for n in range(40))
    )
    (photos / "report.pdf").write_bytes(
        make_pdf(["Bees are counted.", "A jar of honey cost nine francs."], {1: "Bees", 2: "Honey"})
    )
    write_video(photos / "film.mp4", ["red", "blue"])
    (photos / "film.srt").write_bytes(make_srt([(0.0, 0.9, "We bake bread."), (1.0, 1.9, "The rocket leaves.")]))
    library = create_library("Mixed")
    ingest(library, encoder, [photos], texts=True)
    return library


def test_pictures_and_texts_are_searched_apart_or_in_one_list(mixed: Library) -> None:
    at = visit(SEARCH, library="Mixed", q="nine francs for honey")
    assert all(name.endswith(".png") for name in cards(at))
    at = visit(SEARCH, library="Mixed", q="nine francs for honey", kind="Texts")
    assert cards(at)[0] == "report.pdf" and "mill.md" in cards(at)
    at = visit(HOME, library="Mixed", q="nine francs for honey")
    assert cards(at)[0] == "report.pdf" and {"red.png", "mill.md"} <= set(cards(at))
    assert "12 items" in said(at) and "kind='any'" in "".join(block.value for block in at.code)


@pytest.mark.parametrize(
    ("query", "name", "place", "passage"),
    [
        ("nine francs for honey", "report.pdf", "Page 2", "A jar of honey cost nine francs"),
        ("wheel 31", "mill.md", "Line", "Wheel 31 grinds rye"),
        ("the rocket", "film.srt", "0:01", "The rocket leaves"),
    ],
)
def test_an_open_text_shows_the_passage_in_its_context(
    mixed: Library, query: str, name: str, place: str, passage: str
) -> None:
    at = visit(SEARCH, library="Mixed", q=query, kind="Texts")
    request_details(at, item_id(mixed, name))
    at.run()
    assert not at.exception and any(caption.value.replace("\\", "").startswith(place) for caption in at.caption)
    shown = next(block.value for block in at.markdown if ":green-background[" in block.value)
    marked = "".join(re.findall(r":green-background\[(.*?[^\\])\]", shown))
    assert passage in marked.replace("\\", ""), "the passage is marked, what is around it is not"
    assert "*and*" not in shown.replace("\\*", ""), "words of a document are no Markdown"


def test_more_like_a_text_finds_texts(mixed: Library) -> None:
    at = visit(SEARCH, library="Mixed", q=f"item:{item_id(mixed, 'report.pdf')}", kind="Texts")
    assert set(cards(at)) == {"mill.md", "film.srt"}


def test_words_find_what_is_said_in_a_video(mixed: Library) -> None:
    at = visit(VIDEO, library="Mixed", q="the rocket leaves")
    (player,) = component(at, "moments")[:1]
    best = player["moments"][0]
    assert (best["start"], best["enter"], best["said"]) == (1.0, 1.0, "The rocket leaves.")
    assert not any(
        moment["said"] for moment in component(visit(VIDEO, library="Mixed", q="red"), "moments")[0]["moments"]
    )


@pytest.mark.parametrize("page", sorted(path.stem for path in (Path(__file__).parents[2] / "pages").glob("*.py")))
def test_every_page_shows_a_library_with_texts(mixed: Library, page: str) -> None:
    at = visit(f"pages/{page}.py", library="Mixed")
    assert not at.exception and not at.error and "Something went wrong" not in said(at)


def test_an_uploaded_document_becomes_words_of_the_query(mixed: Library) -> None:
    at = visit(SEARCH, library="Mixed", kind="Texts")
    at = at.file_uploader("upload 0").set_value(("letter.md", b"# Hello\n\nA jar of honey.", "text/markdown")).run()
    assert "A jar of honey" in at.text_input("q").value and cards(at)[0] == "report.pdf"
    at = at.file_uploader("upload 1").set_value(("empty.txt", b"", "text/plain")).run()
    assert "The file is empty" in said(at) and "A jar of honey" in at.text_input("q").value
