"""Lists of classes as people type them, and back."""

from __future__ import annotations

import pytest

from core.classify.class_lists import format_classes, parse_classes
from core.classify.zero_shot import ClassName
from core.errors import QueryError


def test_a_list_is_read_line_by_line() -> None:
    assert parse_classes("cat; a kitten ;a tabby\n\n- people\ncat; a tabby; puss") == [
        ClassName("cat", ("a kitten", "a tabby", "puss")),
        ClassName("people", negative=True),
    ]
    assert [entry.name for entry in parse_classes("cat, dog , t-shirt")] == ["cat", "dog", "t-shirt"]
    assert parse_classes(" \n") == []


def test_a_quote_that_is_not_closed_is_text() -> None:
    assert parse_classes('"big cat\ndog; a "good" one\n5" disk, old') == [
        ClassName('"big cat'),
        ClassName("dog", ('a "good" one',)),
        ClassName('5" disk, old'),
    ]
    assert [entry.name for entry in parse_classes('"cat, dog')] == ['"cat', "dog"]


@pytest.mark.parametrize(
    "classes",
    [
        [ClassName("a, b")],
        [ClassName('x "y"; z', ("q; w", "e, r")), ClassName("people", negative=True)],
        [ClassName("<b>&*"), ClassName("concept:our boat", ("concept:ship",))],
    ],
)
def test_what_is_written_is_read_back(classes: list[ClassName]) -> None:
    assert parse_classes(format_classes(classes)) == classes


def test_what_cannot_be_read_is_refused() -> None:
    with pytest.raises(QueryError, match="one class per line"):
        parse_classes("x;" + "y" * 200_000)
