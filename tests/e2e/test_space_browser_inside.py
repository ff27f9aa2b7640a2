"""Inside a vector, and Models side by side, in a real browser, on the sample library."""

from __future__ import annotations

import re

from browsing import PHONE, Visitor


def test_directions_are_stepped_through_and_kept_in_the_link(visitor: Visitor) -> None:
    visitor.go("inside")
    visitor.page.get_by_text("Component 1 holds").wait_for(timeout=90_000)
    assert len(visitor.names()) >= 8
    visitor.page.get_by_test_id("stNumberInputStepUp").click()
    visitor.page.get_by_text("Component 2 holds").wait_for()
    assert visitor.settle().link()["component"] == "2"


def test_the_cat_is_found_in_its_picture(visitor: Visitor) -> None:
    visitor.go("inside", look="parts of a picture", ask="a cat")
    visitor.page.get_by_role("button", name="Find the matching part").click()
    visitor.page.get_by_text("The best match is in the").wait_for(timeout=90_000)
    visitor.page.locator(".js-plotly-plot .heatmaplayer image").first.wait_for(state="attached")
    visitor.page.get_by_text("In Python").click()
    visitor.page.get_by_text("from core.geometry import compute_saliency, embed_terms, load_image").wait_for()


def test_words_and_numbers_fit_a_phone(visitor: Visitor) -> None:
    visitor.page.set_viewport_size(PHONE)
    visitor.go("inside", look="words", words="a cat on a sofa")
    visitor.page.get_by_text(re.compile("matters most")).wait_for(timeout=90_000)
    assert visitor.fits()
    visitor.go("inside", look="numbers", b="a cat")
    visitor.page.get_by_text("The cosine is").wait_for(timeout=90_000)
    assert visitor.fits()


def test_a_library_of_one_encoder_says_how_to_add_another(visitor: Visitor) -> None:
    visitor.go("models")
    visitor.page.get_by_text("vectors of one encoder only").wait_for()
    assert visitor.fits()


def test_an_emptied_box_is_empty_in_the_link(visitor: Visitor) -> None:
    visitor.go("inside", look="numbers")
    visitor.page.get_by_text("The cosine is").wait_for(timeout=90_000)
    assert "b" not in visitor.link(), "what stands there by itself is in no link"
    visitor.page.get_by_role("textbox", name="Another (or nothing)").fill("")
    visitor.page.keyboard.press("Enter")
    visitor.page.get_by_text("The largest number is").wait_for()
    visitor.settle().page.reload()
    visitor.page.get_by_text("The largest number is").wait_for(timeout=90_000)
    assert visitor.settle().page.get_by_role("textbox", name="Another (or nothing)").input_value() == ""


def test_a_page_is_one_entry_of_the_history(visitor: Visitor) -> None:
    visitor.go("lessons")
    before = visitor.page.evaluate("history.length")
    visitor.page.get_by_role("link", name="Pixels or embeddings").click()
    visitor.page.get_by_role("heading", name="Pixels or embeddings?").wait_for()
    added = visitor.settle().page.evaluate("history.length") - before
    assert added <= 2
