"""Campaigns: read from a table, shown where they fit, as often as they may, or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fakes import COLORS, ColorEncoder
from PIL import Image

from core.encoders.base import Vectors
from core.errors import DataError
from core.explore.vocabulary import load_vocabulary
from core.recommend.ads.campaigns import Campaign, load_example_campaigns, read_campaigns
from core.recommend.ads.matching import choose_ad, embed_campaigns
from core.recommend.tastes import Tastes, compute_tastes, compute_usual_choices, find_taste_words
from core.tables.table_reader import Limits

NOTHING = np.zeros((0, 48), np.float32)


def pictures(encoder: ColorEncoder, *names: str) -> Vectors:
    return encoder.encode_images([Image.new("RGB", (8, 8), COLORS[name]) for name in names])


def tastes(encoder: ColorEncoder, *names: str) -> Tastes:
    return compute_tastes(pictures(encoder, *names))


@pytest.fixture
def background(encoder: ColorEncoder) -> Vectors:
    rng = np.random.default_rng(0)
    noise = [Image.fromarray(rng.integers(0, 256, (4, 4, 3), np.uint8)) for _ in range(60)]
    return encoder.encode_images(noise)


def test_an_ad_fits_a_taste_and_says_why_or_is_not_shown(encoder: ColorEncoder, background: Vectors) -> None:
    made = embed_campaigns(
        encoder, [Campaign("roses", "red"), Campaign("grass", words=("green", "zebra"))], background=background
    )
    ad = choose_ad(made, tastes(encoder, "red", "red", "blue"), NOTHING, liked=["r1", "r2", "b1"])
    assert ad is not None and (ad.campaign.name, ad.by, ad.taste, ad.reason_item) == ("roses", "taste", 0, ("r1", "r2"))
    assert 0.4 <= ad.score <= 1
    ad = choose_ad(made, tastes(encoder, "green"), NOTHING, liked=["g1"])
    assert ad is not None and (ad.campaign.name, ad.by, ad.words, ad.reason_item) == (
        "grass",
        "words",
        ("green",),
        ("g1",),
    )
    assert choose_ad(made, tastes(encoder, "blue"), NOTHING) is None
    assert choose_ad(made, tastes(encoder), NOTHING) is None


def test_a_page_counts_by_what_several_things_on_it_show(encoder: ColorEncoder, background: Vectors) -> None:
    made = embed_campaigns(encoder, [Campaign("roses", "red")], background=background)
    page = ["p0", "p1", "p2", "p3"]
    shows = pictures(encoder, "blue", "red", "red", "red")
    ad = choose_ad(made, tastes(encoder), shows, page=page)
    assert ad is not None and (ad.by, ad.taste) == ("page", None) and set(ad.reason_item) <= {"p1", "p2", "p3"}
    assert choose_ad(made, tastes(encoder), pictures(encoder, "blue", "red", "black", "green"), page=page) is None


def test_a_picture_is_an_ad_too(encoder: ColorEncoder, background: Vectors, photos: Path) -> None:
    made = embed_campaigns(encoder, [Campaign("roses", picture=photos / "red.png")], background=background)
    ad = choose_ad(made, tastes(encoder, "red"), NOTHING)
    assert ad is not None and ad.by == "taste" and choose_ad(made, tastes(encoder, "blue"), NOTHING) is None


def test_caps_and_budgets_end_a_campaign_and_ads_take_turns(encoder: ColorEncoder, background: Vectors) -> None:
    both = [Campaign("roses", "red", budget=5), Campaign("bricks", "red", budget=5)]
    made, likes = embed_campaigns(encoder, both, background=background), tastes(encoder, "red")
    shown: dict[str, int] = {}
    for _ in range(6):
        ad = choose_ad(made, likes, NOTHING, shown=shown, cap=3)
        assert ad is not None
        shown[ad.campaign.name] = shown.get(ad.campaign.name, 0) + 1
        assert abs(shown.get("roses", 0) - shown.get("bricks", 0)) <= 1
    assert shown == {"roses": 3, "bricks": 3} and choose_ad(made, likes, NOTHING, shown=shown, cap=3) is None
    ad = choose_ad(made, likes, NOTHING, spent={"roses": 5, "bricks": 4})
    assert ad is not None and ad.campaign.name == "bricks"
    assert choose_ad(made, likes, NOTHING, spent={"roses": 5, "bricks": 5}) is None


def test_campaigns_are_read_from_a_table(tmp_path: Path) -> None:
    table = tmp_path / "campaigns.csv"
    table.write_text("Name,text,picture,words,budget,link\nRoses,Buy some,r.png,red; rose ;red,7,https://e.x/\n\n")
    assert read_campaigns(table) == (
        Campaign("Roses", "Buy some", tmp_path / "r.png", ("red", "rose"), 7, "https://e.x/"),
    )
    data = table.read_bytes()
    assert read_campaigns(data, pictures={"r.png": b"..."})[0].picture == b"..."
    with pytest.raises(DataError, match="is missing"):
        read_campaigns(data)  # what somebody sends may not open files here
    examples = load_example_campaigns()
    assert len(examples) >= 10 and all(example.text and example.words for example in examples)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("what\nx\n", "needs the column name"),
        ("name,text\n", "no rows"),
        ("name,text\n,hello\n", "Row 2 of the campaigns has no name"),
        ("name,text\nA,\n", "neither text nor picture"),
        ("name,text,budget\nA,b,many\n", "whole number"),
        ("name,text,link\nA,b,javascript:alert(1)\n", "must begin with https"),
        ("name,text\nA,b\nA,c\n", "its own name"),
        ("name,text\n\xff,b\n", "not a CSV in UTF-8"),
    ],
)
def test_tables_that_are_wrong_say_what_is(table: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        read_campaigns(table.encode("latin-1"))


def test_a_table_of_campaigns_is_held_to_limits() -> None:
    table = b"name,text\n" + b"".join(b"n%d,t\n" % number for number in range(10_001))
    with pytest.raises(DataError, match="may have 10,000"):
        read_campaigns(table)  # each is embedded
    with pytest.raises(DataError, match="more than 50 rows"):
        read_campaigns(table, limits=Limits(table_rows=50))


def test_tastes_in_words(encoder: ColorEncoder, background: Vectors) -> None:
    words = load_vocabulary(encoder)
    usual = compute_usual_choices(words, background)
    found = find_taste_words(tastes(encoder, "red", "red", "blue"), words, usual=usual, count=3)
    assert len(found) == 2 and all(len(words) == 3 for words in found)
    assert any("red" in word.split() for word in found[0]) and any("blue" in word.split() for word in found[1])
    assert find_taste_words(tastes(encoder), words) == ()


def test_what_the_library_says_anyway_sets_no_taste_apart(encoder: ColorEncoder) -> None:
    words, red = load_vocabulary(encoder), pictures(encoder, "red")
    (alone,) = find_taste_words(tastes(encoder, "red"), words, count=50)
    (among,) = find_taste_words(tastes(encoder, "red"), words, usual=compute_usual_choices(words, red) * 4, count=50)
    assert "red" in alone and "red" not in among
    assert not compute_usual_choices(words, NOTHING).any()
