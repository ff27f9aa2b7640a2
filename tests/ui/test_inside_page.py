"""Inside a vector, and Models side by side, as a visitor meets them, without a browser."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fakes import ColorEncoder
from media import write_video
from PIL import Image
from session import picker, request_details
from streamlit.testing.v1 import AppTest
from visiting import cards, item_id, labels, press, said, settled, visit

import ui.session.encoders
from core import Library, ingest
from core.config import get_home
from core.encoders.base import unit_rows
from core.encoders.reduced import learn_reduction, save_reduction
from core.library.reduced_copy import get_reduction, store_reduced
from core.library.registry import create_library

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("world")]
INSIDE, MODELS = "pages/inside.py", "pages/models.py"


@pytest.fixture
def seen_twice(colours: Library, photos: Path) -> Library:
    """The same under a second encoder, called "other"."""
    ingest(colours, ui.session.encoders.open_encoder("other"), [photos])
    return colours


def open_page(page: str, **link: str) -> AppTest:
    return settled(visit(page, **link))


@pytest.mark.parametrize("page", [INSIDE, MODELS])
def test_without_a_library_or_pictures_the_pages_say_what_to_do(page: str) -> None:
    assert "no library" in said(visit(page))
    create_library("Empty")
    assert "has no pictures" in said(visit(page, library="Empty"))


def test_a_component_has_two_ends_and_a_share(colours: Library) -> None:
    at = open_page(INSIDE)
    assert "Component 1 holds" in said(at) and "Among 8 items" in said(at)
    high, low = cards(at, 0), cards(at, 1)
    assert len(high) == len(low) == 4 and not set(high) & set(low)
    at.number_input("component").set_value(3).run()
    assert "the first 3 together" in said(at) and "rows[2]" in said(at)


def test_a_single_number_can_be_the_same_everywhere(photos: Path, encoder: ColorEncoder) -> None:
    for path in photos.rglob("*.png"):  # the same picture eight times
        Image.new("RGB", (40, 30 + len(path.name)), "red").save(path)
    ingest(create_library("Same"), encoder, [photos])
    at = open_page(INSIDE, kind="single number", number="7")
    assert "Number 7 holds" in said(at) and "separates nothing" in said(at)


def test_a_direction_has_the_words_that_the_user_has_added_since(colours: Library) -> None:
    at = open_page(INSIDE)
    assert "High end" in said(at) and "roses" not in said(at)
    (get_home() / "words.txt").write_text("\n".join(f"{number} yellow roses" for number in range(50)), encoding="utf-8")
    assert "yellow roses" in said(settled(at.run()))


def test_two_pictures_are_too_few_for_directions(tmp_path: Path, encoder: ColorEncoder) -> None:
    for name in ("red", "blue"):
        Image.new("RGB", (40, 30), name).save(tmp_path / f"{name}.png")
    ingest(create_library("Two"), encoder, [tmp_path / "red.png", tmp_path / "blue.png"])
    at = open_page(INSIDE)
    assert "at least three" in said(at)


def test_the_numbers_of_two_things_make_their_cosine(colours: Library) -> None:
    at = open_page(INSIDE, look="numbers", a=f"item:{item_id(colours, 'red.png')}", b="red")
    assert "The cosine is **1.000**" in said(at) and "48 numbers" in said(at)
    at.text_input("b").set_value("").run()
    assert "The largest number" in said(at)


def test_the_word_that_matters_most_is_named(colours: Library) -> None:
    at = open_page(INSIDE, look="words", words="the red")
    assert "**red** matters most" in said(at)
    assert cards(at)[4:5] == ["red.png"]  # the nearest after the second word
    at.text_input("words").set_value("*<b>* `x`").run()
    assert "matters most" in said(at)
    at.text_input("words").set_value("  ").run()
    assert "Type a few words" in said(at)


def test_a_part_of_a_picture_answers_only_when_asked(
    tmp_path: Path, encoder: ColorEncoder, colours: Library, photos: Path
) -> None:
    picture = Image.new("RGB", (90, 90), "white")
    picture.paste((220, 30, 30), (60, 0, 90, 90))
    picture.save(photos / "half.png")
    ingest(colours, encoder, [photos])
    encoder.images_seen = 0
    item = f"item:{item_id(colours, 'half.png')}"
    at = open_page(INSIDE, look="parts of a picture", picture=item, ask="red")
    assert encoder.images_seen == 0
    at = settled(press(at, "Find the matching part"))
    assert "right**: shown alone" in said(at) and "the whole picture" in said(at)
    at.segmented_control("way").set_value("covered").run()
    at = settled(press(at, "Find the matching part"))
    assert "right** is covered" in said(at)


def test_the_first_example_is_a_thing_and_a_picture_of_the_library(colours: Library) -> None:
    at = open_page(INSIDE, look="parts of a picture")
    thing, picture = (at.text_input(key).value for key in ("ask", "picture"))
    assert thing.startswith(("a ", "an ")) and picture.startswith("item:")
    at = settled(press(at, "Find the matching part"))
    assert f"The cosine of the whole picture with “{thing}”" in said(at)


def test_words_are_no_picture_and_a_video_has_seconds(tmp_path: Path, encoder: ColorEncoder, colours: Library) -> None:
    at = open_page(INSIDE, look="parts of a picture", picture="red", ask="red")
    assert "Words are no picture" in said(at)
    write_video(tmp_path / "two.mp4", ["red", "blue"])
    ingest(colours, encoder, [tmp_path / "two.mp4"])
    item = f"item:{item_id(colours, 'two.mp4')}"
    at = open_page(INSIDE, look="parts of a picture", picture=item, ask="blue", second="3.0")
    at = settled(press(at, "Find the matching part"))
    assert "is **1.00**" in said(at)


def test_a_second_encoder_is_one_click_away(colours: Library) -> None:
    at = open_page(MODELS)
    at = settled(press(at, next(label for label in labels(at) if label.startswith("Compare with a copy in"))))
    assert "Do they agree on neighbors?" in [each.value for each in at.subheader]
    assert at.selectbox("other").value.startswith("colour@pca") and "one encoder only" not in said(at)


def test_one_encoder_alone_says_how_to_add_another(colours: Library) -> None:
    at = open_page(MODELS)
    assert "vectors of one encoder only" in said(at)
    at = open_page(MODELS, other="other")
    assert "has no vectors here yet" in said(at)
    at = settled(press(at, "Embed 8 pictures with this encoder"))
    assert "The same query under both" in said(at)


def test_two_encoders_answer_side_by_side(seen_twice: Library) -> None:
    at = open_page(MODELS)
    at.text_input("ask").set_value("red").run()
    at = settled(at)
    predictions = said(at)
    assert "8 of the 8" in predictions  # of eight pictures, both find all
    assert cards(at, 0)[0] == cards(at, 1)[0] == "red.png"
    assert "They largely agree" in predictions and "Measured on 8 items" in predictions
    assert at.query_params["other"] in ("other", ["other"])
    request_details(at, item_id(seen_twice, "red.png"))
    assert labels(at.run()).count("Classify this") == 1, "found by both, it opens once"
    at = settled(press(at, "Measure speed"))
    assert "Measured on 8 decoded pictures" in said(at)


def test_of_two_maps_with_one_title_that_of_this_library_is_meant(colours: Library, tmp_path: Path) -> None:
    encoder = ui.session.encoders.open_encoder("embedded")
    save_reduction(learn_reduction(encoder, unit_rows(np.random.default_rng(0).normal(size=(9, 48))), 6))
    own = store_reduced(colours, encoder, get_reduction(colours, encoder, 6))
    at = open_page(MODELS)
    at = settled(at.text_input("ask").set_value("red").run())
    assert at.query_params["other"] in (own.name, [own.name]) and "no vectors here yet" not in said(at)


def test_the_encoder_compared_with_may_be_picked_in_the_sidebar(seen_twice: Library) -> None:
    at = open_page(MODELS)
    at = settled(picker(at, "Encoder").set_value("other").run())
    assert "The same query under both" in "".join(entry.value for entry in at.subheader)
    assert at.query_params["other"] not in ("other", ["other"]) and not at.error


def test_a_picture_that_nobody_chose_follows_the_library(colours: Library, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    Image.new("RGB", (60, 40), "red").save(tmp_path / "one" / "alone.png")
    ingest(create_library("One"), ui.session.encoders.open_encoder("embedded"), [tmp_path / "one"])
    at = open_page(INSIDE, look="numbers", library="Colours")
    at = settled(picker(at, "Library").set_value("One").run())
    assert "picture alone.png" in said(at)


def test_an_encoder_that_is_not_there_is_explained(colours: Library) -> None:
    at = open_page(MODELS, other="no/model")
    at = at.button("linked other accepted").click().run()
    assert "There is no model no/model" in said(at)


def test_labels_say_which_one_is_right(seen_twice: Library) -> None:
    at = open_page(MODELS)
    at.segmented_control("labels_from").set_value("folder names").run()
    assert "Measure both" in [button.label for button in at.button]
    at = settled(press(at, "Measure both"))
    assert "labeled items" in said(at)
