"""Questions to a library: the sentence that answers, "no answer", and what fits beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
from fakes import ColorEncoder

from core import Filters, Library, ingest
from core.ask import AnswerReader, Reading, ask
from core.errors import QueryError

TIDES = (
    "The harbor of Wexcombe lies on a wide bay. The highest tide of the year comes in late September, when sun and "
    "moon pull together. Ships with a deep keel wait for it outside. The lock is opened by the harbor master."
)
BREAD = (
    "Bread dough rises because yeast eats sugars from the flour and gives off carbon dioxide. Kneading stretches the "
    "gluten into sheets that trap the gas. In a refrigerator the first rise takes a whole night."
)


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """A library of two documents in folders of their own."""
    folder = tmp_path_factory.mktemp("texts")
    for name, text in (("sea/tides.md", f"# Tides\n\n{TIDES}\n"), ("kitchen/bread.txt", BREAD)):
        (folder / name).parent.mkdir()
        (folder / name).write_text(text)
    library = Library(folder / "library", create=True)
    ingest(library, ColorEncoder(), [folder / "sea", folder / "kitchen"], texts=True)
    yield library


def test_the_sentence_that_answers_comes_first_with_its_place(texts: Library, encoder: ColorEncoder) -> None:
    reply = ask(texts, encoder, "When is the highest tide of the year?")
    assert reply.found and reply.considered == 2
    best = reply.answers[0]
    assert best.likely and best.sentence.startswith("The highest tide of the year comes in late September")
    assert best.passage.text[best.start : best.end] == best.sentence
    assert (Path(best.item.path).name, best.passage.heading) == ("tides.md", "Tides")
    assert [answer.match for answer in reply.answers] == sorted((one.match for one in reply.answers), reverse=True)


def test_a_sentence_counts_as_it_stands_in_its_passage(texts: Library, encoder: ColorEncoder) -> None:
    """The sentence itself names neither dough nor bread."""
    reply = ask(texts, encoder, "How long does bread dough rise in a refrigerator?")
    assert reply.found and reply.answers[0].sentence == "In a refrigerator the first rise takes a whole night."


def test_a_question_that_no_text_answers_is_not_found(texts: Library, encoder: ColorEncoder) -> None:
    reply = ask(texts, encoder, "Who won the world championship of chess in 1972?")
    assert not reply.found and reply.answers and not any(answer.likely for answer in reply.answers)


def test_a_library_of_photos_shows_pictures_and_finds_no_answer(library: Library, encoder: ColorEncoder) -> None:
    reply = ask(library, encoder, "red")
    assert not reply.found and reply.match == 0 and not reply.answers
    assert Path(reply.pictures[0].item.path).name == "red.png"


def test_limits_hold_for_what_is_asked(texts: Library, library: Library, encoder: ColorEncoder) -> None:
    question = "When is the highest tide of the year?"
    folder = Path(ask(texts, encoder, question).answers[0].item.path).parents[1]
    in_kitchen = ask(texts, encoder, question, filters=Filters(folder=str(folder / "kitchen")))
    assert not in_kitchen.found and {Path(one.item.path).name for one in in_kitchen.answers} == {"bread.txt"}
    tomorrow = date.today() + timedelta(days=1)
    assert ask(texts, encoder, question, filters=Filters(after=tomorrow)).considered == 0
    assert not ask(texts, encoder, question, filters=Filters(kind="image")).answers
    assert not ask(library, encoder, "red", filters=Filters(kind="text")).pictures
    assert len(ask(texts, encoder, question, k=1).answers) == 1


def test_a_sentence_that_two_texts_have_is_one_answer(tmp_path: Path, encoder: ColorEncoder) -> None:
    (tmp_path / "texts").mkdir()
    for name in ("first.txt", "copy.txt"):
        (tmp_path / "texts" / name).write_text(TIDES + f"\n\nThis is the {name}.")
    library = Library(tmp_path / "library", create=True)
    ingest(library, encoder, [tmp_path / "texts"], texts=True)
    sentences = [answer.sentence for answer in ask(library, encoder, "When is the highest tide?", k=9).answers]
    assert len(sentences) == len(set(sentences))


class _Pointing:
    """Reads the same words in every passage that has them."""

    name = "pointing"

    def __init__(self, words: str) -> None:
        self.words = words

    def read(self, question: str, passages: Sequence[str]) -> list[list[Reading]]:
        places = [passage.find(self.words) for passage in passages]
        return [[Reading(place, place + len(self.words), 0.9)] if place >= 0 else [] for place in places]


def test_a_model_that_reads_points_at_the_words(texts: Library, encoder: ColorEncoder) -> None:
    reader: AnswerReader = _Pointing("late September")
    reply = ask(texts, encoder, "When is the highest tide of the year?", reader=reader)
    (answer,) = reply.answers
    assert answer.words == "late September" and answer.sentence.startswith("The highest tide")
    assert answer.match == pytest.approx(0.9 * reply.match)


def test_a_name_or_a_number_has_to_be_there(texts: Library, encoder: ColorEncoder) -> None:
    here = ask(texts, encoder, "When is the highest tide of Wexcombe?").match
    assert here > 0.99 > ask(texts, encoder, "When is the highest tide of Brighton?").match
    assert here > 0.99 > ask(texts, encoder, "When was the highest tide of 1972?").match


def test_the_same_answers_come_again(texts: Library, encoder: ColorEncoder) -> None:
    """Passages that were read before are remembered."""
    first, again = (ask(texts, encoder, "How long does bread dough rise?") for _ in range(2))
    assert [(one.sentence, one.match) for one in first.answers] == [(one.sentence, one.match) for one in again.answers]


def test_a_title_is_no_answer(tmp_path: Path, encoder: ColorEncoder) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "hopper.md").write_text(
        "# Grace Hopper\n\nGrace Hopper was an admiral who wrote compilers.\n"
    )
    library = Library(tmp_path / "library", create=True)
    ingest(library, encoder, [tmp_path / "texts"], texts=True)
    (answer,) = ask(library, encoder, "Who was Grace Hopper?").answers
    assert answer.sentence == "Grace Hopper was an admiral who wrote compilers."


def test_an_empty_question_is_refused(texts: Library, encoder: ColorEncoder) -> None:
    for question in ("  \n ", "?!"):
        with pytest.raises(QueryError, match="question is empty"):
            ask(texts, encoder, question)


def test_a_document_without_a_letter_answers_nothing_and_stops_no_question(
    tmp_path: Path, encoder: ColorEncoder
) -> None:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "invisible.txt").write_text("\u200b\u200b\u200b\n\u00ad\u00ad")
    (tmp_path / "papers" / "tides.txt").write_text(TIDES)
    library = Library(tmp_path / "library", create=True)
    ingest(library, encoder, [tmp_path / "papers"], texts=True)
    reply = ask(library, encoder, "When is the highest tide of the year?")
    assert reply.found and Path(reply.answers[0].item.path).name == "tides.txt"


def test_a_model_that_reads_nothing_finds_nothing(texts: Library, encoder: ColorEncoder) -> None:
    class Blind:
        def read(self, question: str, passages: Sequence[str]) -> list[list[Reading]]:
            return [[] for _ in passages]

    reply = ask(texts, encoder, "When is the highest tide of the year?", reader=Blind())
    assert not reply.found and not reply.answers
