"""Distance and direction, and One space, as a visitor meets them, without a browser."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from fakes import ColorEncoder
from PIL import Image
from session import request_details, state_of
from streamlit.testing.v1 import AppTest
from visiting import cards, component, item_id, labels, picture, press, said, settled, visit

from core import Library, Term, ingest
from core.library.registry import create_library
from ui.widgets.item_picker import PickerState

pytestmark = pytest.mark.usefixtures("world")
DISTANCE, SPACE = "pages/distance.py", "pages/one_space.py"
HOSTILE = "<b>a *b* [c](d.e) $g$ :red[h].png"


@pytest.fixture
def one(tmp_path: Path, encoder: ColorEncoder) -> Library:
    """A library of one picture with a name that is up to no good."""
    (tmp_path / "one").mkdir()
    Image.new("RGB", (60, 40), (220, 30, 30)).save(tmp_path / "one" / HOSTILE)
    library = create_library("One")
    ingest(library, encoder, [tmp_path / "one"])
    return library


def titles(at: AppTest) -> list[str]:
    """Of the figures on the page."""
    return [json.loads(chart.proto.spec)["layout"]["title"]["text"] for chart in at.get("plotly_chart")]


@pytest.mark.parametrize("page", [DISTANCE, SPACE])
def test_without_a_library_the_page_says_what_to_do(page: str) -> None:
    assert "There is no library" in said(visit(page))


@pytest.mark.parametrize("page", [DISTANCE, SPACE])
def test_an_empty_library_leads_to_the_page_library(page: str) -> None:
    create_library("Empty")
    assert "has no pictures or videos yet" in said(visit(page))


@pytest.mark.parametrize("part", ["distance", "a walk", "a step aside", "analogies", "an axis"])
def test_every_part_works_with_one_picture(one: Library, part: str) -> None:
    at = visit(DISTANCE, part=part)
    assert "Something went wrong" not in said(at) and "<b>" not in "".join(entry.value for entry in at.subheader)
    assert not any(element.allow_html for element in at.markdown)


@pytest.mark.parametrize("view", ["one picture", "one question", "the gap"])
def test_every_view_works_with_one_picture(one: Library, view: str) -> None:
    at = visit(SPACE, view=view)
    assert "Something went wrong" not in said(at) and not any(element.allow_html for element in at.markdown)


def test_two_words_and_their_place_among_all_pairs(colours: Library) -> None:
    at = visit(DISTANCE, a="red", b="red", things="2")
    assert at.metric[0].value == "1.000" and at.metric[1].value == "0.0°"
    assert "More similar than more than 99 % of all pairs of two phrases" in said(at)
    at.text_input("b").set_value(f"item:{item_id(colours, 'blue.png')}").run()
    assert "of all pairs of a phrase and a picture of this library" in said(at) and "blue.png" in said(at)
    assert "Term('text', 'red'), Term('item'" in said(at)


def test_signs_in_a_picker_are_words(colours: Library) -> None:
    at = visit(DISTANCE, a="red - blue + 2:green", b='"a', things="2")
    assert "Term('text', 'red - blue + 2:green')" in said(at) and not at.warning


def test_a_picture_that_is_not_there_is_told(colours: Library) -> None:
    at = visit(DISTANCE, a="item:nobody", b="red", things="2")
    assert "is not in the library" in said(at) and "at least two things" in said(at)


def test_three_things_make_a_table(colours: Library) -> None:
    at = visit(DISTANCE, a="red", b="green", c="blue")
    assert titles(at) == ["Usual cosines of two things", "Pairwise cosines"]
    at.selectbox("pair of 3").set_value((1, 2)).run()
    assert "Term('text', 'green'), Term('text', 'blue')" in said(at)


def test_the_library_is_offered_to_choose_from(colours: Library) -> None:
    at = visit(DISTANCE, a="red", b="green", things="2")
    assert not component(at, "cards")
    at.button("choose b").click().run()
    assert len(cards(at)) == 8 and component(at, "cards")[0]["like"] == "Use this"


def test_an_upload_is_a_thing_until_something_is_typed(colours: Library) -> None:
    at = visit(DISTANCE, a="red", b="green", things="2")
    state_of(at, PickerState).uploads["b"] = Term("image", picture("red"))
    at.run()
    assert "your picture" in said(at) and float(at.metric[0].value) > 0.99
    at.text_input("b").set_value("blue").run()
    assert "your picture" not in said(at) and float(at.metric[0].value) < 0.99


def test_a_walk_shows_its_steps(colours: Library) -> None:
    at = visit(DISTANCE, part="a walk", **{"from": "red", "to": "blue", "steps": "5"})
    names = cards(at)
    assert len(names) == 5 and names[0] == "red.png" and names[-1] == "blue.png" and "purple.png" in names
    at = visit(DISTANCE, part="a walk", **{"from": "red", "to": "red"})
    assert "are the same" in said(at)


def test_a_step_aside_follows_the_slider(colours: Library) -> None:
    at = visit(DISTANCE, part="a step aside", origin="red", away="red", towards="blue", amount="0.0")
    assert cards(at)[0] == "red.png" and "0 of the 8 nearest changed" in said(at)
    at.slider("amount").set_value(2.0).run()
    assert cards(at)[0] == "blue.png" and "amounts=[0, 2]" in said(at)


def test_an_analogy_answers_in_pictures_and_words(colours: Library) -> None:
    at = visit(DISTANCE, part="analogies", plus="red", minus="black", also="blue")
    assert len(cards(at)) == 8 and "of these 8 are also nearest to the third thing alone" in said(at)
    press(at, "Try 16")
    assert "at least 20 pictures" in said(settled(at))


def test_the_library_is_sorted_along_an_axis(colours: Library) -> None:
    at = visit(DISTANCE, part="an axis", low="black", high="white")
    assert (cards(at)[0], cards(at)[-1]) == ("black.png", "white.png")
    assert "too few pictures to define the ends" in said(at)
    at.toggle("plane").set_value(True).run()
    assert titles(at) == ["The library on two axes"] and "points=axis.points" in said(at)
    at.text_input("high").set_value("black").run()
    assert "mean the same" in said(at)
    at.text_input("high").set_value("").run()
    assert "Type a phrase for each end" in said(at)


def test_words_are_taken_along_to_the_map(colours: Library) -> None:
    at = visit(SPACE, view="one picture", words="red, blue, red", method="PCA", closed="true")
    link = parse_qs(at.get("page_link")[-1].proto.query_string)
    assert link["texts"] == ["red\nblue"] and link["layout"] == ["PCA"] and "add_texts" in said(at)
    at = settled(visit("pages/explore.py", **{name: values[0] for name, values in link.items()}))
    assert [name["text"] for name in component(at, "names")[0]["names"] if name["mark"]] == ["red", "blue"]


def test_one_question_three_ways(colours: Library) -> None:
    at = visit(SPACE, view="one question", word="red")
    press(at, "Use the best picture for this word")
    assert at.text_input("picture").value == f"item:{item_id(colours, 'red.png')}"
    assert "Shared by the first 10 results: word and picture 100 %" in said(at).replace("*", "")
    assert len(cards(at)) == 7 and "red.png" not in cards(at) and set(cards(at)) == set(cards(at, 1))


def test_the_gap_is_closed_by_a_slider(colours: Library) -> None:
    at = visit(SPACE, view="the gap")
    before = float(at.metric[0].value)
    assert "ten pictures nearest" not in said(at), "of eight pictures none can drop out"
    assert titles(at) == ["Cosines of pairs, with the gap open"]
    at.slider("share").set_value(100).run()
    assert float(at.metric[0].value) < before and "close_gap(words, pictures, 1)" in said(at)


def test_captions_tell_whether_closing_finds_more(colours: Library) -> None:
    at = visit(SPACE, view="the gap", captions_from="a CSV")
    rows = ["image,caption", *(f"{name}.png,{name}" for name in ("red", "green", "blue")), "nobody.png,x"]
    at.get("file_uploader")[0].upload("captions.csv", "\n".join(rows).encode(), "text/csv").run()
    assert "nobody.png" in said(at)
    press(at, "Measure")
    assert "Captions that find their own picture" in titles(settled(at))
    assert "Mean cosine of a caption with its own picture: 1.00" in said(at).replace("*", "")


def test_a_walk_shows_no_item_twice_and_opens_each(colours: Library) -> None:
    at = visit(DISTANCE, part="a walk", **{"from": "red", "to": "blue", "steps": "12"})
    assert len(cards(at)) == len(set(cards(at))) > 3
    request_details(at, item_id(colours, cards(at)[1]))
    at.run()
    assert labels(at).count("Classify this") == 1 and "Something went wrong" not in said(at)
