"""The query string, and what its terms add up to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fakes import COLORS, ColorEncoder
from PIL import Image

from core.encoders.prompts import embed_texts
from core.errors import QueryError
from core.library import Library
from core.search.query import Term, embed_query, format_query, parse_query


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("a cat", [("text", "a cat", 1)]),
        ("beach - people", [("text", "beach", 1), ("text", "people", -1)]),
        ("2:beach + 0.5:sunset", [("text", "beach", 2), ("text", "sunset", 0.5)]),
        ("- 1.5:crowd + park", [("text", "crowd", -1.5), ("text", "park", 1)]),
        ("a t-shirt + C++ book", [("text", "a t-shirt", 1), ("text", "C++ book", 1)]),
        ('"salt + pepper" - food', [("text", "salt + pepper", 1), ("text", "food", -1)]),
        ("item:0123abc + winter", [("item", "0123abc", 1), ("text", "winter", 1)]),
        ("2: beach", [("text", "beach", 2)]),
        ("16:9 screen", [("text", "16:9 screen", 1)]),
        ("10:30 train - 2:1", [("text", "10:30 train", 1), ("text", "2:1", -1)]),
        ("35:mm film", [("text", "35:mm film", 1)]),
        ('35:"film" + 20:item:0a + 10:sea', [("text", "film", 35), ("item", "0a", 20), ("text", "sea", 10)]),
        ("https://example.org", [("text", "https://example.org", 1)]),
        ('"3:10 to Yuma"', [("text", "3:10 to Yuma", 1)]),
    ],
)
def test_grammar(text: str, terms: list[tuple[str, str, float]]) -> None:
    parsed = parse_query(text)
    assert [(term.kind, term.value, term.weight) for term in parsed] == terms
    assert parse_query(format_query(parsed)) == parsed


def test_paths_are_pictures_only_where_files_are_allowed(photos: Path) -> None:
    path = photos / "red.png"
    assert parse_query(f"2:{path} - snow")[0] == Term("image", path, 2.0)
    assert parse_query(str(path), files=False) == (Term("text", str(path)),)
    assert parse_query(f'"{path}"') == (Term("text", str(path)),)
    with pytest.raises(QueryError, match=r"no picture nowhere\.jpg"):
        parse_query("nowhere.jpg")


@pytest.mark.parametrize("text", ["", "   ", "+", "a + ", "a + - b", '""', "2:"])
def test_what_makes_no_sense_is_an_error(text: str) -> None:
    with pytest.raises(QueryError):
        parse_query(text)


def test_terms_add_up_with_their_weights(encoder: ColorEncoder, photos: Path) -> None:
    red, blue = encoder.encode_texts(["red", "blue"])
    both = embed_query(encoder, parse_query("2:red + blue"))
    expected = (2 * red + blue) / np.linalg.norm(2 * red + blue)
    np.testing.assert_allclose(both, expected, atol=1e-6)
    picture = embed_query(encoder, [Term("image", photos / "red.png")])
    np.testing.assert_allclose(picture, red, atol=1e-3)
    np.testing.assert_allclose(embed_query(encoder, [Term("image", (photos / "red.png").read_bytes())]), picture)


def test_an_item_of_the_library_is_a_term(library: Library, encoder: ColorEncoder) -> None:
    index = library.index(encoder)
    row = next(row for row in index.items.to_pylist() if row["path"].endswith("red.png"))
    vector = embed_query(encoder, [Term("item", row["id"])], index=index)
    assert vector @ encoder.encode_texts(["red"])[0] > 0.999
    with pytest.raises(QueryError, match="not in this library"):
        embed_query(encoder, [Term("item", "nonsense")], index=index)


@pytest.mark.parametrize(
    "terms",
    [
        [],
        [Term("text", "red", 0.0)],
        [Term("text", "red"), Term("text", "red", -1.0)],
        [Term("text", "red", float("nan"))],
        [Term("image", b"no picture")],
    ],
)
def test_queries_that_have_no_direction(encoder: ColorEncoder, terms: list[Term]) -> None:
    with pytest.raises(QueryError):
        embed_query(encoder, terms)


def test_templates_are_averaged(encoder: ColorEncoder) -> None:
    vectors = encoder.encode_texts(["red", "a red blue thing"])
    mean = vectors.mean(axis=0) / np.linalg.norm(vectors.mean(axis=0))
    ensembled = embed_texts(encoder, ["red"], templates=("{}", "a {} blue thing"))
    np.testing.assert_allclose(ensembled[0], mean, atol=1e-6)
    assert embed_texts(encoder, []).shape == (0, encoder.dim)
    braces = embed_texts(encoder, ["{red} {0}"], templates=("{}",))  # braces of a query are only characters
    np.testing.assert_allclose(braces, encoder.encode_texts(["{red} {0}"]))


def test_a_large_query_picture(encoder: ColorEncoder, tmp_path: Path) -> None:
    Image.new("RGB", (4000, 3000), COLORS["blue"]).save(tmp_path / "large.jpg")
    assert embed_query(encoder, [Term("image", tmp_path / "large.jpg")]) @ encoder.encode_texts(["blue"])[0] > 0.99


@pytest.mark.parametrize(
    "term",
    [
        Term("text", "a - b", 2.0),
        Term("text", "2:3", -0.25),
        Term("text", "red", 1e-6),
        Term("text", "//red", 2.0),
        Term("text", "red", 0.0),
        Term("text", "item:x"),
        Term("text", "photo.jpg"),
        Term("text", "file:x"),
    ],
)
def test_what_is_written_is_read_back(term: Term) -> None:
    (read,) = parse_query(format_query([term]))
    assert (read.kind, read.value) == (term.kind, term.value)
    assert read.weight == pytest.approx(term.weight, abs=1e-6)


def test_a_path_that_reads_like_a_query(photos: Path) -> None:
    odd = photos / "sea - people.png"
    (photos / "red.png").rename(odd)
    terms = (Term("image", odd, -2.0), Term("text", 'say "cheese" + smile'))
    picture, words = parse_query(format_query(terms))
    assert picture == terms[0] and words.kind == "text" and "cheese" in str(words.value)


@pytest.mark.parametrize("text", ["~nobody-of-this-name.jpg", "x" * 300 + ".jpg"])
def test_paths_that_cannot_be(text: str) -> None:
    with pytest.raises(QueryError, match="no picture"):
        parse_query(text)


def test_unclosed_quotes_do_not_swallow_the_next_term() -> None:
    first, second = parse_query(format_query([Term("text", '"the old'), Term("text", 'a "b', -1.0)]))
    assert "the old" in str(first.value) and second.weight == -1.0


@pytest.mark.parametrize("text", ["caf\udce9 red", "item:\udce9", "~\ud800x.jpg"])
def test_what_is_no_text(text: str) -> None:
    with pytest.raises(QueryError, match="UTF-8"):
        parse_query(text)


@pytest.mark.parametrize("weight", [1e6, 1e-9])
def test_weights_that_cannot_be_written(weight: float) -> None:
    with pytest.raises(QueryError, match="cannot be written"):
        format_query([Term("text", "red", weight)])
