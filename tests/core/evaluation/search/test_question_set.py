"""The set of questions over passages has the form that its figures are reported for."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[3] / "data" / "questions"
ENDINGS = ("ingly", "edly", "ings", "ing", "ied", "ies", "ers", "ed", "es", "ly", "er", "s", "e", "y")
FUNCTION_WORDS = frozenset("""
    a about after all also always an and another any are as at be because been before between both but by can come
    comes could did do does during each ever every for from get give had has have he her here him his how i if in
    into is it its kind let long made make makes many may might more most much must my need needs no not of off
    often on one only or other our out over own quite rather s say saying shall she should since so some such t than
    that the their them then there these they thing this those through to too under until up us use used very was
    way we were what when where which while who whom whose why will with without would yet you your
""".split())  # fmt: skip


def read(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (FOLDER / name).read_text("utf-8").splitlines()]


def stem(word: str) -> str:
    ending = next((one for one in ENDINGS if word.endswith(one) and len(word) - len(one) >= 3), "")
    return word.removesuffix(ending)


def content_words(text: str) -> set[str]:
    return {stem(word) for word in re.findall(r"[^\W_]+", text.lower()) if word not in FUNCTION_WORDS}


def test_there_are_100_passages_of_60_to_130_words_on_25_subjects() -> None:
    passages = read("passages.jsonl")
    assert len({passage["id"] for passage in passages}) == len({passage["text"] for passage in passages}) == 100
    assert set(Counter(passage["subject"] for passage in passages).values()) == {4}
    assert all(60 <= len(passage["text"].split()) <= 130 for passage in passages)


def test_each_passage_has_two_questions_with_their_answers_in_it() -> None:
    texts = {passage["id"]: passage["text"] for passage in read("passages.jsonl")}
    questions = read("questions.jsonl")
    assert len({question["id"] for question in questions}) == len({one["question"] for one in questions}) == 200
    assert Counter(question["passage"] for question in questions) == dict.fromkeys(texts, 2)
    assert all(texts[question["passage"]].count(question["answer"]) == 1 for question in questions)


def test_a_third_of_the_questions_shares_no_content_word_with_its_passage() -> None:
    texts = {passage["id"]: passage["text"] for passage in read("passages.jsonl")}
    chosen = [question for question in read("questions.jsonl") if question["kind"] == "other_words"]
    assert len(chosen) >= 67
    assert not [one for one in chosen if content_words(one["question"]) & content_words(texts[one["passage"]])]


def test_each_follow_up_has_a_question_before_it_and_its_answer_in_the_same_passage() -> None:
    texts = {passage["id"]: passage["text"] for passage in read("passages.jsonl")}
    questions = {question["id"]: question["passage"] for question in read("questions.jsonl")}
    follow_ups = read("follow_ups.jsonl")
    assert len({one["id"] for one in follow_ups}) == 40
    assert all(questions[one["after"]] == one["passage"] for one in follow_ups)
    assert all(texts[one["passage"]].count(one["answer"]) == 1 for one in follow_ups)


@pytest.mark.parametrize(("kind", "least"), [("names", 40), ("plain", 40)])
def test_there_are_questions_of_the_other_kinds(kind: str, least: int) -> None:
    assert sum(question["kind"] == kind for question in read("questions.jsonl")) >= least


def test_40_questions_without_an_answer_are_on_the_same_subjects() -> None:
    questions = read("unanswerable.jsonl")
    asked = {question["question"] for question in read("questions.jsonl")}
    assert len({question["question"] for question in questions} - asked) == 40
    assert {question["subject"] for question in questions} <= {passage["subject"] for passage in read("passages.jsonl")}
