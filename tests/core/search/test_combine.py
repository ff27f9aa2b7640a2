"""Queries of several terms, as a user sees them: what comes first, and what the old way answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from fakes import COLORS, ColorEncoder
from PIL import Image

from core.encoders.base import Vectors
from core.errors import QueryError
from core.library import Library, ingest
from core.library.schema import Item, VectorRow
from core.media.modality import Segment
from core.search.combine import COMBINATIONS, Combine, combine_terms
from core.search.images import search
from core.search.query import Term, embed_query, parse_query
from core.search.videos import search_videos


class SceneEncoder(ColorEncoder):
    """Dogs are red, water is blue, and a dog in water looks like neither: green."""

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        colors = {(True, True): "green", (True, False): "red", (False, True): "blue"}
        return super().encode_texts([colors.get(("dog" in text, "water" in text), text) for text in texts])


def found(library: Library, encoder: ColorEncoder, query: str, combine: Combine = "joint") -> list[str]:
    hits = search(library, encoder, parse_query(query), combine=combine).hits
    return [Path(hit.item.path).stem for hit in hits]


def test_a_dog_and_water_are_a_dog_in_water(library: Library) -> None:
    encoder = SceneEncoder()
    assert found(library, encoder, "dog + water")[0] == "green"
    assert found(library, encoder, "dog + water", "sum")[-1] != "green"
    assert set(found(library, encoder, "dog + water", "sum")[:3]) & {"red", "blue", "purple"}


def test_the_moment_with_both_is_found_in_a_video(tmp_path: Path) -> None:
    encoder, library = SceneEncoder(), Library(tmp_path / "library", create=True)
    colors = ["red"] * 6 + ["green"] * 4 + ["blue"] * 6  # one picture a second
    vectors = encoder.encode_images([Image.new("RGB", (8, 8), COLORS[color]) for color in colors])
    library.add_vectors(encoder, [VectorRow("v", vector, Segment(at, at + 1.0)) for at, vector in enumerate(vectors)])
    library.put_items([Item("v", "/videos/v.mp4", "video", "ok", 1, 1, duration_s=16.0)])
    (hit,) = search_videos(library, encoder, parse_query("dog + water")).hits
    assert (hit.moments[0].start_s, hit.moments[0].end_s) == (pytest.approx(6, abs=1), pytest.approx(10, abs=1))
    (by_sum,) = search_videos(library, encoder, parse_query("dog + water"), combine="sum").hits
    assert not 6 <= by_sum.moments[0].peak_s < 10


def test_a_word_of_more_weight_draws_the_query_to_itself(library: Library) -> None:
    encoder = SceneEncoder()
    even, heavy = found(library, encoder, "dog + water"), found(library, encoder, "9:dog + water")
    assert even[0] == "green" and heavy.index("red") < heavy.index("blue") and heavy.index("red") <= even.index("red")
    assert found(library, encoder, "3:dog + 3:water") == even, "what counts is the ratio of weights"


def test_what_is_not_wanted_is_pushed_back_but_does_not_rule(library: Library, encoder: ColorEncoder) -> None:
    without = found(library, encoder, "yellow - 3:red")
    assert without[0] == "yellow" and without.index("green") < without.index("orange")
    assert found(library, encoder, "yellow - red")[0] == "yellow"


def test_words_count_beside_a_picture(tmp_path: Path, encoder: ColorEncoder) -> None:
    for name, share in (("picture", 0.0), ("near the picture", 0.2), ("both", 0.6), ("the word", 1.0)):
        mixed = np.array(COLORS["red"]) * (1 - share) + np.array(COLORS["blue"]) * share
        (tmp_path / "photos").mkdir(exist_ok=True)
        Image.new("RGB", (40, 30), tuple(int(entry) for entry in mixed)).save(tmp_path / "photos" / f"{name}.png")
    library = Library(tmp_path / "library", create=True)
    ingest(library, encoder, [tmp_path / "photos"])
    red = next(row["id"] for row in library.items().to_pylist() if row["path"].endswith("/picture.png"))
    ranked, by_sum = (found(library, encoder, f"item:{red} + blue", combine) for combine in COMBINATIONS)
    assert ranked.index("the word") < ranked.index("near the picture")
    assert by_sum.index("the word") > by_sum.index("near the picture")
    assert "picture" not in ranked, "the picture of the query is no answer"


@pytest.mark.parametrize("query", ["red + blue", "2:red + blue - yellow", "yellow - red", "red - 0.5:blue + green"])
def test_the_sum_answers_as_before(library: Library, encoder: ColorEncoder, query: str) -> None:
    hits = search(library, encoder, parse_query(query), combine="sum").hits
    vector = embed_query(encoder, parse_query(query))
    index = library.index(encoder)
    for hit in hits:
        (number,) = index.item_numbers(hit.item.id)
        assert hit.score == pytest.approx(float(index.vectors(np.array([number]))[0] @ vector), abs=2e-3)


@pytest.mark.parametrize("query", ["red", "- red", "3:red", "red shirt"])
def test_one_term_is_itself(library: Library, encoder: ColorEncoder, query: str) -> None:
    assert found(library, encoder, query) == found(library, encoder, query, "sum")


def test_words_that_are_too_long_for_one_text_stay_apart() -> None:
    long = "a very long description of one photo " * 8
    terms = (Term("text", long), Term("text", "water"))
    assert combine_terms(terms) == terms


def test_a_term_that_is_added_and_taken_away_is_nothing(library: Library, encoder: ColorEncoder) -> None:
    assert found(library, encoder, "red + blue - blue") == found(library, encoder, "red")
    for combine in ("joint", "sum"):
        with pytest.raises(QueryError, match="cancel"):
            search(library, encoder, parse_query("red - red"), combine=combine)  # type: ignore[arg-type]


def test_an_unknown_way_is_a_clear_error(library: Library, encoder: ColorEncoder) -> None:
    with pytest.raises(QueryError, match="joint or sum"):
        search(library, encoder, parse_query("red"), combine="product")  # type: ignore[arg-type]
