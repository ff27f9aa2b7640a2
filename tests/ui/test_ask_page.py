"""The page Ask, run without a browser: answers with their places, follow-ups, and what it says where there is none."""

from __future__ import annotations

import textwrap
from datetime import date, timedelta
from pathlib import Path

import pytest
from fakes import ColorEncoder
from streamlit.testing.v1 import AppTest
from visiting import cards, component, labels, press, said, visit

import core
import ui.session.encoders
from core import Library, ingest
from core.library.registry import create_library

pytestmark = pytest.mark.usefixtures("world")
ASK = "pages/ask.py"
TIDES = """
    The harbor of Wexcombe is a wide bay. The highest tide of the year comes in late September, when sun and moon pull
    together. Ships with a deep keel wait for it outside.
"""
PERSON = "Ada Quill was the keeper of the red lighthouse. She died of a fever in Lisbon."


@pytest.fixture
def harbor(tmp_path: Path, photos: Path, encoder: ColorEncoder) -> Library:
    """A library of two texts, and a picture of each color."""
    for name, text in (("tides.md", f"# Tides\n\n{textwrap.dedent(TIDES)}"), ("keeper.txt", PERSON)):
        (photos / name).write_text(text)
    library = create_library("Harbor")
    ingest(library, encoder, [photos], texts=True)
    return library


def ask(at: AppTest, question: str) -> AppTest:
    return at.text_input("q").set_value(question).run()


def test_the_sentence_that_answers_is_marked_and_its_place_opens_it(harbor: Library) -> None:
    at = visit(ASK, q="When is the highest tide of the year?")
    assert "Answers" in said(at) and "Among 2 texts" in said(at)
    assert ":primary-background[The highest tide of the year comes in late September" in said(at)
    source = next(label for label in labels(at) if label.startswith("tides"))
    assert "Tides" in source
    at = press(at, source)
    assert "##### tides.md" in said(at)  # the details


def test_a_question_without_an_answer_says_so_and_shows_what_is_nearest(harbor: Library) -> None:
    at = visit(ASK, q="Who won the world championship of chess in 1972?")
    assert "No answer found here" in said(at) and "The nearest passages:" in said(at)
    assert ":primary-background" not in said(at)


def test_a_follow_up_is_asked_with_the_last_question(harbor: Library) -> None:
    at = visit(ASK, q="Who was Ada Quill, the keeper?")
    assert ":primary-background[Ada Quill was the keeper" in said(at)
    at = at.text_input("follow").set_value("And of what did she die?").run()
    assert at.text_input("q").value == "And of what did she die?"
    assert "Asked together with “Who was Ada Quill, the keeper?”" in said(at)
    assert ":primary-background[She died of a fever in Lisbon.]" in said(at)
    link = {name: values[0] for name, values in at.query_params.items()}
    assert said(visit(ASK, **link)).count("Asked together with") == 1  # the link keeps both
    at = press(at, "Ask it alone")
    assert "Asked together" not in said(at) and "last" not in at.query_params


def test_a_library_of_photos_shows_pictures_and_says_that_no_text_can_answer(colours: Library) -> None:
    at = visit(ASK, q="red")
    assert "has no texts" in said(at) and "Answers" not in said(at)
    assert cards(at)[0] == "red.png"


def test_what_is_asked_can_be_limited(harbor: Library) -> None:
    question = "Who was the keeper of the red lighthouse?"
    at = visit(ASK, q=question, kind="Pictures")
    assert "Answers" not in said(at) and cards(at)
    at = visit(ASK, q=question, kind="Texts")
    assert "Answers" in said(at) and not component(at, "cards")
    tomorrow = date.today() + timedelta(days=1)
    at = visit(ASK, q=question, after=tomorrow.isoformat())
    assert "No answer found here" in said(at) and f"from {tomorrow:%d %b %Y}" in said(at)


def test_examples_come_from_the_texts_and_are_answered(harbor: Library) -> None:
    at = press(visit(ASK), "What about “Tides”?")
    assert at.text_input("q").value == "What about “Tides”?" and "tides" in " ".join(labels(at))


def test_without_a_library_it_says_where_to_make_one() -> None:
    assert "no library to ask" in said(visit(ASK))


@pytest.mark.slow
def test_the_lines_of_the_page_run(
    harbor: Library, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(core, "open_encoder", lambda name="embedded": ui.session.encoders.open_encoder(name))
    at = visit(ASK, q="When is the highest tide of the year?", after="2001-02-03")
    capsys.readouterr()
    exec(compile(at.code[-1].value, "In Python", "exec"), {})
    assert "late September" in capsys.readouterr().out


def test_a_model_that_reads_is_registered_by_its_folder_and_marks_words(harbor: Library, tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    from tiny_models import save_tiny_question_model

    folder = save_tiny_question_model(tmp_path / "reader")
    at = visit(ASK, q="When is the highest tide of the year?")
    assert at.toggle("read").disabled
    at.text_input("reader folder").set_value(str(folder)).run()
    assert at.toggle("read").value and not at.exception
    assert "open_reader" in at.code[0].value
    assert visit(ASK).text_input("reader folder").value == str(folder), "it is remembered"


def test_a_folder_without_a_model_is_refused_in_words(harbor: Library, tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    at = visit(ASK)
    at.text_input("reader folder").set_value(str(tmp_path)).run()
    assert "no model for question answering" in said(at) and at.toggle("read").disabled


def test_visitors_of_a_public_server_cannot_name_a_folder(harbor: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEMBLANCE_PUBLIC", "1")
    at = visit(ASK)
    assert "reader folder" not in [entry.key for entry in at.text_input]
    assert "read" not in [entry.key for entry in at.toggle]
