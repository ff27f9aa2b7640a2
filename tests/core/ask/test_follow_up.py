"""Follow-ups: which questions lean on the last one, and what is asked then."""

import pytest

from core.ask import join_follow_up

LAST = "When was Gertie, the bridge, opened?"


@pytest.mark.parametrize("question", ["And who built it?", "How long did they live there?", "Why?", "What about Rome?"])
def test_a_question_that_leans_on_the_last_is_asked_with_it(question: str) -> None:
    assert join_follow_up(question, LAST) == f"{LAST} {question}"
    assert join_follow_up(question, "") == question


@pytest.mark.parametrize("question", ["Who built the cathedral of Beauvais?", "How fast do stalactites grow?"])
def test_a_question_that_stands_by_itself_is_asked_as_it_is(question: str) -> None:
    assert join_follow_up(question, LAST) == question
