"""The grammar of queries against thousands of texts: only QueryError is raised, and what is written is read back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import QueryError
from core.search.query import Term, format_query, parse_query

# texts made of what the grammar gives a meaning to come nearer to its corners than any letters do
_SIGNS = ["+", "-", "−", " ", "  ", '"', ":", "2:", ".5:", "0:", "99999999:", "item:", "file:", "concept:", "@", "//"]
_LETTERS = [
    "a",
    "t-shirt",
    "C++",
    "x.jpg",
    "./x.mp4",
    "~",
    "/",
    "\n",
    "\t",
    "\0",
    "'",
    "\\",
    "é",
    "💩",
    "\u200f",
    "\ud800",
]
_queries = st.one_of(st.text(), st.lists(st.sampled_from(_SIGNS + _LETTERS), max_size=12).map("".join))
_weights = st.one_of(
    st.floats(0.000001, 999_999).map(lambda weight: round(weight, 6)), st.sampled_from([1.0, 0.5, 2.0])
).flatmap(lambda weight: st.sampled_from([weight, -weight]))
_words = (
    st.text(st.characters(codec="utf-8"), min_size=1).map(str.strip).filter(bool).filter(lambda text: '"' not in text)
)
_names = st.text(st.characters(codec="utf-8", exclude_characters='"'), min_size=1).filter(str.strip)
_ids = st.text("0123456789abcdef", min_size=1)
_terms = st.one_of(
    st.builds(Term, st.just("text"), _words, _weights),
    st.builds(Term, st.just("item"), _ids, _weights),
    st.builds(Term, st.just("frame"), st.builds("{}@{}".format, _ids, st.floats(0, 1e5)), _weights),
    st.builds(Term, st.just("concept"), _names, _weights),
)
_many = settings(max_examples=500, deadline=None, database=None, derandomize=True)


@pytest.mark.slow
@_many
@given(_queries, st.booleans())
def test_any_text_is_a_query_or_an_error_that_says_why(text: str, files: bool) -> None:
    try:
        terms = parse_query(text, files=files)
    except QueryError as error:
        assert len(str(error)) > 10
    else:
        assert terms and all(term.value and abs(term.weight) < 1e6 for term in terms)
        assert files or all(term.kind not in ("image", "clip") for term in terms)


@_many
@given(_queries)
def test_what_was_understood_is_written_and_read_back_the_same(text: str) -> None:
    try:
        terms = parse_query(text, files=False)
    except QueryError:
        return
    again = parse_query(format_query(terms), files=False)
    assert parse_query(format_query(again), files=False) == again
    if not any('"' in str(term.value) for term in terms):  # straight quotes within words are written as curly ones
        assert again == terms


@pytest.mark.slow
@_many
@given(st.lists(_terms, min_size=1, max_size=5))
def test_any_terms_are_written_and_read_back_the_same(terms: list[Term]) -> None:
    assert parse_query(format_query(terms), files=False) == tuple(terms)


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "query is empty"), ("-", "query is empty"), ("a + ", "missing at the end"), ("a -", "missing at the end")],
)
def test_what_is_missing_is_said(text: str, said: str) -> None:
    with pytest.raises(QueryError, match=said):
        parse_query(text)


def test_a_quote_alone_is_a_word() -> None:
    assert parse_query('"') == (Term("text", '"', 1.0),)
