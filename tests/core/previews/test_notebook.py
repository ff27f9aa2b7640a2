"""Results show themselves in notebooks: with pictures inside, escaped, and bounded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fakes import ColorEncoder

import core
from core.classify.predict import classify_library
from core.classify.zero_shot import ClassName, ZeroShot
from core.explore.atlas import AtlasRequest, build_atlas
from core.library import Library
from core.library.schema import Item
from core.previews.notebook import MOST_CARDS, Card, card_of_item, show, show_cards
from core.search.query import parse_query


def test_hits_show_their_pictures_their_match_and_how_many_there_are(library: Library, encoder: ColorEncoder) -> None:
    result = core.search(library, encoder, parse_query("red"), fold_duplicates=False)
    html = result._repr_html_()
    assert html.count('<img src="data:image/webp;base64,') == min(len(result.hits), MOST_CARDS)
    assert all(Path(hit.item.path).name in html for hit in result.hits[:5]) and "<script" not in html
    assert f"{len(result.hits)} hits of" in html or "Nothing here matches" in html
    assert result.hits[0]._repr_html_().count("<img") == 1


def test_predictions_and_clusters_show_themselves(library: Library, encoder: ColorEncoder) -> None:
    classifier = ZeroShot.of(encoder, [ClassName("red"), ClassName("blue")])
    predictions = classify_library(library, encoder, classifier)
    html = core.show(predictions, heading="<Sorted>")._repr_html_()
    assert "&lt;Sorted&gt;" in html and html.count("<figure") == min(len(predictions), MOST_CARDS)
    assert predictions[0].label in html and "fits" in html
    atlas = build_atlas(library, encoder, AtlasRequest(layout="pca", k=3), in_subprocess=False)
    assert atlas._repr_html_().count("<img") == atlas.clusters.count == 3


def test_what_comes_from_outside_is_text_and_no_markup() -> None:
    html = show_cards([Card('<img src=x onerror="alert(1)">', "a & b <script>")], heading='<b>"h"</b>')
    assert "<script" not in html and "<img" not in html and "&lt;script&gt;" in html and "&lt;b&gt;" in html


def test_many_are_counted_and_not_shown() -> None:
    html = show_cards([Card(f"card {number}") for number in range(60)], heading="many", total=1_060)
    assert html.count("<figure") == MOST_CARDS and "and 1,036 more" in html
    assert len(show_cards([Card("x" * 100_000, "y" * 100_000)], heading="long")) < 3_000


@pytest.fixture
def item(library: Library) -> Item:
    return Item.from_row(library.items().to_pylist()[0])


def test_a_missing_file_leaves_a_box_that_says_so(item: Item) -> None:
    gone = replace(item, path=item.path + ".gone", content_hash="0" * 32)
    html = show_cards([card_of_item(gone, "note")], heading="gone")
    assert "no picture" in html and "<img" not in html and "note" in html


def test_the_pictures_of_one_output_are_bounded_in_bytes(item: Item, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.previews.thumbnails.make_thumbnail", lambda *_, **__: b"x" * 400_000)
    html = show_cards([card_of_item(item)] * 6, heading="large")
    assert html.count("<img") == 1 and html.count("left out") == 5 and len(html) < 1_100_000


def test_a_terminal_shows_the_heading() -> None:
    assert repr(show([])) == "0 results"
