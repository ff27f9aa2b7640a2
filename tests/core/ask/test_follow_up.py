"""Follow-ups: which questions lean on the last one, and what is answered then."""

import pytest
from fakes import ColorEncoder

from core.ask import ask, leans_on_last
from core.evaluation.search.texts import make_passage_library

PASSAGES = (
    "Ada Quill built lighthouses. She drew the one of Farne Point at the age of thirty. She died of a fever in Lisbon.",
    "Tom Reed baked bread in Wexcombe. He sold it from a boat. He died in a storm at sea.",
)


@pytest.mark.parametrize("question", ["And who built it?", "How long did they live there?", "Why?", "What about Rome?"])
def test_a_question_may_lean_on_the_last(question: str) -> None:
    assert leans_on_last(question)


@pytest.mark.parametrize("question", ["Who built the cathedral of Beauvais?", "How fast do stalactites grow?"])
def test_a_question_may_stand_by_itself(question: str) -> None:
    assert not leans_on_last(question)


@pytest.mark.parametrize(
    ("last", "answer"),
    [
        ("Who drew the lighthouse of Farne Point?", "She died of a fever in Lisbon."),
        ("Who sold bread from a boat?", "He died in a storm at sea."),
    ],
)
def test_the_last_question_decides_what_a_follow_up_is_about(last: str, answer: str, encoder: ColorEncoder) -> None:
    with make_passage_library(encoder, PASSAGES) as library:
        reply = ask(library, encoder, "And of what did that person die?", after=last)
        assert reply.found and reply.after == last and reply.answers[0].sentence == answer
        assert ask(library, encoder, "Who baked bread in Wexcombe?", after=last).after == ""
