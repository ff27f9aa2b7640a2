"""Documents become passages that say where they are, and lose no text."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from documents import make_docx, make_epub, make_pdf, make_srt

from core.errors import MediaError
from core.media.documents.readers import read_passages
from core.media.modality import Part

LONG = " ".join(f"Sentence number {number} tells of the river and of the mill beside it." for number in range(80))


def read(data: bytes, suffix: str) -> tuple[list[Part], str | None]:
    """The passages of a document, and what is missing of it."""
    parts, batches = list[Part](), read_passages(data, suffix)
    while True:
        try:
            parts += next(batches)[1]
        except StopIteration as stop:
            return parts, stop.value


def place_of(parts: list[Part], words: str) -> object:
    """The place of the first passage that has some words."""
    return next(part.place for part in parts if words in str(part.content))


def test_paragraphs_of_plain_text_have_their_lines() -> None:
    parts, missing = read(b"\n\nFirst line\nsecond line.\n\n\nAnother paragraph.\n" + LONG.encode(), ".txt")
    assert missing is None and place_of(parts, "First line").line == 3  # type: ignore[attr-defined]
    assert all(f"number {number} " in " ".join(str(part.content) for part in parts) for number in range(80))
    starts = [part.segment.start for part in parts if part.segment]
    assert starts == sorted(set(starts)), "each passage begins behind the one before"


def test_neighbors_overlap_and_are_slices_of_one_text() -> None:
    parts, _ = read(LONG.encode(), ".txt")
    assert len(parts) > 5
    for part, following in pairwise(parts):
        assert part.segment and following.segment
        assert part.content == LONG[int(part.segment.start) : int(part.segment.end)]
        assert following.segment.start < part.segment.end


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8-sig", "Käse und Brot."),
        ("utf-16", "Käse und Brot."),
        ("cp1252", "Der Käse ist süß, und die Äpfel sind größer als früher."),
        ("cp1251", "Река медленно течёт между холмами и несёт мелкий песок к морю."),
        ("shift_jis", "今日はとても天気がいいので、公園へ散歩に行きました。"),
        ("gb18030", "河流缓慢地流过山丘，携带着细沙。那一年大坝决堤了。"),
    ],
)
def test_texts_in_any_encoding(encoding: str, text: str) -> None:
    assert [part.content for part in read(text.encode(encoding), ".txt")[0]] == [text]


def test_headings_of_markdown_but_not_in_code() -> None:
    text = b"# Cats\nThey sleep.\n\n```\n# a comment\n```\n\nDogs\n====\nThey [bark](https://example.org/x)."
    parts, _ = read(text, ".md")
    assert place_of(parts, "They sleep").heading == "Cats" and place_of(parts, "a comment").heading == "Cats"  # type: ignore[attr-defined]
    assert place_of(parts, "They bark.").heading == "Dogs" and place_of(parts, "They bark.").line == 8  # type: ignore[attr-defined]


def test_html_without_scripts_and_menus() -> None:
    page = (
        b"<title>T</title><nav>Menu</nav><script>var a = '<p>no</p>'</script><h1>Moon</h1><p>It has <b>cra</b>ters."
        b"<p>Tides &amp; light<table><tr><td>cell</td></tr></table></body></html><p>behind the end"
    )
    parts, _ = read(page, ".html")
    text = "\n".join(str(part.content) for part in parts)
    assert all(words in text for words in ("It has craters.", "Tides & light", "cell", "behind the end"))
    assert "no" not in text.split() and "Menu" not in text
    assert place_of(parts, "craters").heading == "Moon"  # type: ignore[attr-defined]


def test_html_that_lies_deep_or_never_ends_is_read_whole() -> None:
    parts, _ = read(b"<div>" * 20_000 + b"deep" + b"</div>" * 20_000 + b"<p>after <!-- open", ".html")
    assert "deep" in str(parts[0].content) and "after" in str(parts[-1].content)


def test_pages_and_bookmarks_of_a_pdf() -> None:
    data = make_pdf(["Cats sleep.", "They hunt at dawn.", "Rockets burn kerosene."], {1: "Cats", 3: "Rockets"})
    parts, missing = read(data, ".pdf")
    assert missing is None
    assert [(part.place.page, part.place.heading) for part in parts if part.place] == [(1, "Cats"), (3, "Rockets")]


def test_pages_of_a_pdf_without_text_are_named() -> None:
    parts, missing = read(make_pdf(["Cats sleep.", "", ""]), ".pdf")
    assert len(parts) == 1 and missing == "Without text, as scans and pictures are: pages 2, 3."


def test_word_files_with_headings_tables_and_notes() -> None:
    word = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    notes = f"<w:footnotes {word}><w:p><w:r><w:t>A footnote.</w:t></w:r></w:p></w:footnotes>".encode()
    data = make_docx([("Heading1", "Coffee"), ("", "It grows & ripens."), ("Heading1", "Tea"), ("", "It is picked.")])
    parts, _ = read(data, ".docx")
    assert [part.place.heading for part in parts if part.place] == ["Coffee", "Tea"]
    assert "A footnote." in str(read(make_docx([("", "Text.")], footnotes=notes), ".docx")[0][-1].content)


def test_chapters_of_an_epub_in_order() -> None:
    parts, _ = read(make_epub(["<h1>Moon</h1><p>Craters.</p>", "<p>Tides.</p>", "<h1>Sun</h1><p>Spots.</p>"]), ".epub")
    assert [str(part.content).split() for part in parts] == [["Moon", "Craters.", "Tides."], ["Sun", "Spots."]]


def test_a_book_with_a_missing_chapter_says_so() -> None:
    data = make_epub(["<p>One.</p>", "<p>Two.</p>"]).replace(b"c 1.xhtml", b"c 9.xhtml")
    parts, missing = read(data, ".epub")
    assert [part.content for part in parts] == ["One."] and missing == "Left out, as they cannot be read: chapter 2."


def test_subtitles_have_the_seconds_of_their_sentences() -> None:
    cues = [(1.0, 2.5, "The river"), (2.6, 4.0, "<i>is</i> wide."), (4.1, 5.0, "It is cold."), (60.0, 61.5, "Later")]
    parts, _ = read(make_srt(cues), ".srt")
    found = [(part.content, part.place.start_s, part.place.end_s) for part in parts if part.place]
    assert found == [("The river is wide.", 1.0, 4.0), ("It is cold.", 4.1, 5.0), ("Later", 60.0, 61.5)]


def test_web_subtitles_that_roll_say_each_line_once() -> None:
    first, second = b"00:01.000 --> 00:03.000 align:start\nhello there", b"00:03.000 --> 00:05.000\nhello there"
    text = b"WEBVTT\n\nNOTE no\n\n%s\n\n%s\nall of you.\n" % (first, second)
    parts, _ = read(text, ".vtt")
    assert [part.content for part in parts] == ["hello there all of you."]


@pytest.mark.parametrize(
    ("suffix", "data"),
    [
        (".csv", b'Title,Text\nA,One row.\nB,"Another\nrow."\nC,\n'),
        (".csv", b'title;text\nA;One row.\nB;"Another\nrow."\n'),
        (".tsv", b"title\ttext\nA\tOne row.\nB\tAnother row.\n"),
        (".jsonl", b'{"title": "A", "text": "One row."}\n{"title": "B", "text": "Another row."}\n'),
    ],
)
def test_rows_of_tables(suffix: str, data: bytes) -> None:
    parts, missing = read(data, suffix)
    assert [part.content for part in parts] == ["One row.", "Another row."] and missing is None
    assert [part.place.heading for part in parts if part.place] == ["A", "B"]
    assert parts[1].place and parts[1].place.line == (2 if suffix == ".jsonl" else 3)


def test_broken_lines_of_json_are_named() -> None:
    assert (
        read(b'{"text": "One."}\n{"text": \n[1]\n', ".jsonl")[1] == "Left out, as they are no JSON objects: line 2, 3."
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda: LONG,
        lambda: "x" * 5_000,
        lambda: "qzxv jkwv " * 700,
        lambda: "河流缓慢地流过山丘携带着细沙" * 300,
        lambda: "Überraschenderweise fürchteten sich die Bürgermeister vor Hochwasserschutzmaßnahmen und " * 80,
        lambda: "3.14159265358979 " * 400,
        lambda: "a1b2c3d4e5f60718293a4b5c6d7e8f90 " * 100,
        lambda: "😀🎉 " * 800,
    ],
)
def test_passages_fit_into_what_the_encoder_reads(make: Callable[[], str]) -> None:
    from tokenizers import Tokenizer

    from core.encoders.embedded.weights import tokenizer_file

    tokenizer = Tokenizer.from_file(str(tokenizer_file()))
    tokenizer.no_truncation()
    text = make().strip()
    parts, missing = read(text.encode(), ".txt")
    assert missing is None and max(len(tokenizer.encode(str(part.content)).ids) for part in parts) <= 128
    covered = {
        place for part in parts if part.segment for place in range(int(part.segment.start), int(part.segment.end))
    }
    assert all(place in covered or letter.isspace() for place, letter in enumerate(text)), "no letter is lost"


def test_a_document_that_is_too_long_says_how_much_of_it_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.media.documents.passages.MAX_CHARACTERS", 1000)
    parts, missing = read(b"\n\n".join(b"Paragraph %d is short." % number for number in range(200)), ".txt")
    assert missing is not None and missing.startswith("Only its first ") and parts[-1].segment.end <= 1000  # type: ignore[union-attr]


def test_a_file_is_read_by_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "really.txt").write_bytes(make_pdf(["A PDF in disguise."]))
    batches = list(read_passages(tmp_path / "really.txt", ".txt"))
    assert batches[0][1][0].content == "A PDF in disguise."
    with pytest.raises(MediaError, match="cannot be read"):
        list(read_passages(tmp_path / "gone.txt", ".txt"))
