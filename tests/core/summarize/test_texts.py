"""Summaries of texts: sentences that stand alone, say most, and keep the order of the text."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import ColorEncoder

from core import Library, ingest
from core.errors import DataError
from core.summarize import read_sentences, read_stored_sentences, summarize_texts
from core.summarize.document import hangs

TEXT = """Tides are caused by the Moon, which pulls the water of the sea toward itself. They rise twice a day. The
Sun helps the Moon at new and full Moon, and the tides are highest then.

Bread dough rises because yeast eats sugar and gives off gas. However, a cold kitchen slows it down. Flour and water
make the dough, and kneading makes it stretch.

Is this a question that nobody answers here?
"""


def test_a_summary_keeps_the_order_and_each_subject() -> None:
    summary = summarize_texts(read_sentences(TEXT.encode()), count=2)
    first, second = (sentence.text for sentence in summary.sentences)
    assert first.startswith("Tides are caused") and second.startswith("Bread dough rises")
    assert summary.count == 7 and 0.3 < summary.covered < 1


def test_more_sentences_cover_more_and_all_cover_everything() -> None:
    sentences = read_sentences(TEXT.encode())[:3]
    covered = [summarize_texts(sentences, count=count).covered for count in (1, 2, 3)]
    assert covered == sorted(covered) and covered[-1] == pytest.approx(1.0, abs=1e-4)


def test_nothing_in_a_summary_hangs_in_the_air() -> None:
    for count in range(1, 7):
        chosen = summarize_texts(read_sentences(TEXT.encode()), count=count).sentences
        texts = [" ".join(sentence.text.split()) for sentence in chosen]
        assert len(texts) <= count and not any("question" in text for text in texts)
        if "They rise twice a day." in texts:
            assert texts[texts.index("They rise twice a day.") - 1].startswith("Tides are caused")
        if any(text.startswith("However") for text in texts):
            assert any(text.startswith("Bread dough") for text in texts)


def test_a_sentence_takes_none_along_that_did_not_stand_before_it() -> None:
    """Of a very long text only some sentences are compared."""
    pairs = "\n".join(f"The harbor number {number} is deep. He then left it for good." for number in range(2_000))
    chosen = [sentence.text for sentence in summarize_texts(read_sentences(pairs.encode()), count=6).sentences]
    assert chosen and not any(text.startswith("He ") for text in chosen)


@pytest.mark.parametrize(
    ("text", "leans"),
    [
        ("He let them open the concerto alone.", True),
        ("However, nothing happened.", True),
        ("At last the neck between two bends breaks.", True),
        ("This is why keyboards sound less sweet.", True),
        ("The latter was never built.", True),
        ("“It” was never said by anybody.", True),
        ("Granite hardens far below the ground.", False),
        ("It is a rule that parrots talk.", False),
        ("There are two kinds of rock.", False),
    ],
)
def test_sentences_that_lean_on_the_one_before(text: str, leans: bool) -> None:
    assert hangs(text) is leans


def test_sentences_have_places_and_come_once(tmp_path: Path) -> None:
    path = tmp_path / "long.md"
    path.write_text("# Rocks\n\n" + " ".join(f"Stone number {number} is gray and heavy." for number in range(60)))
    sentences = read_sentences(path)
    stones = [sentence.text for sentence in sentences if "Stone" in sentence.text]
    assert stones == [f"Stone number {number} is gray and heavy." for number in range(60)], "passages overlap"
    assert sentences[-1].place.heading == "Rocks"


def test_a_library_keeps_its_texts(tmp_path: Path, encoder: ColorEncoder) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "tides.md").write_text(TEXT)
    library = Library(tmp_path / "l", create=True)
    ingest(library, encoder, [tmp_path / "in"], texts=True)
    ids = library.items()["id"].to_pylist()
    stored = [sentence.text for sentence in read_stored_sentences(library, ids)]
    assert stored == [sentence.text for sentence in read_sentences(tmp_path / "in" / "tides.md")]


def test_an_empty_text_is_refused() -> None:
    with pytest.raises(DataError, match="choose another text"):
        summarize_texts([])
