"""Classes typed, corrected by a click and found by their label, in a real browser with the real encoder."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from browsing import PHONE, Visitor

from core.classify.heads import read_head

CLASSES = "cat\ncup of coffee\nrocket\nmotorcycle"


def groups(visitor: Visitor) -> dict[str, list[str]]:
    """Class -> names of the pictures below its heading."""
    visitor.names()
    found: dict[str, list[str]] = {}
    for kind, text in visitor.page.locator("ul li").evaluate_all(
        "all => all.map(li => li.className === 'section' ? ['class', li.textContent]"
        " : ['name', li.querySelector('.name')?.textContent ?? ''])"
    ):
        if kind == "class":
            found[text.split(" · ")[0]] = []
        elif found:
            found[list(found)[-1]].append(text)
    return found


def tick(visitor: Visitor, name: str) -> None:
    visitor.page.get_by_role("checkbox", name=f"Select {name}").check()
    visitor.page.get_by_text("1 selected").wait_for()
    visitor.settle()


def test_classes_are_pasted_corrected_and_searched_by_label(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.go("classify").page
    page.get_by_role("button", name="Paste a list").click()
    page.get_by_role("textbox", name="One class per line").fill(CLASSES)
    page.get_by_role("button", name="Use this list").click()
    page.locator("h4", has_text="none of these").wait_for()
    found = groups(visitor.settle())
    assert "chelsea.png" in found["cat"] and "coffee.png" in found["cup of coffee"] and "rocket.jpg" in found["rocket"]
    assert visitor.link()["classes"] == CLASSES

    tick(visitor, "horse.png")
    box = page.get_by_role("combobox", name="New label")
    box.fill("big animal")
    box.press("Enter")
    visitor.settle()
    page.get_by_role("button", name="Correct label").click()
    page.locator("li.section", has_text="big animal · 1").wait_for()
    assert groups(visitor.settle())["big animal"] == ["horse.png"]

    visitor.go("search_images", label="big animal").search("an animal")
    assert visitor.names() == ["horse.png"]


def correct(visitor: Visitor, name: str, label: str) -> None:
    tick(visitor, name)
    box = visitor.page.get_by_role("combobox", name="New label")
    box.fill(label)
    box.press("Enter")
    visitor.settle()
    visitor.page.get_by_role("button", name="Correct label").click()
    visitor.page.get_by_text("0 selected").wait_for()
    visitor.settle()


def test_training_shows_what_would_change_and_can_be_undone(visitor: Visitor) -> None:
    page = visitor.go("classify", classes="cat\nmotorcycle", task="trained", fits="0.0").page
    visitor.names()
    correct(visitor, "horse.png", "big animal")
    correct(visitor, "rocket.jpg", "machine")
    page.get_by_role("button", name="Train on my labels (2)").click()
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_text("Trained on 2 labels").wait_for()
    page.get_by_role("button", name="Apply").click()
    page.get_by_role("button", name="Undo training").wait_for()
    assert visitor.settle().link()["head"] == "trained"
    page.get_by_role("button", name="Undo training").click()
    page.get_by_role("button", name="Undo training").wait_for(state="hidden")
    assert "head" not in visitor.settle().link() and visitor.fits()


def test_the_answers_can_be_taken_away(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.go("classify", classes=CLASSES).page
    visitor.names()
    with page.expect_download() as table:
        page.get_by_role("button", name="Table (CSV)").click()
    table.value.save_as(tmp_path / "classes.csv")
    rows = list(csv.DictReader((tmp_path / "classes.csv").open(encoding="utf-8")))
    assert next(row["label"] for row in rows if row["what"].endswith("chelsea.png")) == "cat" and "rocket" in rows[0]
    with page.expect_download() as folders:
        page.get_by_role("button", name="Folders (zip)").click()
    folders.value.save_as(tmp_path / "classes.zip")
    with zipfile.ZipFile(tmp_path / "classes.zip") as archive:
        assert "cat/chelsea.png" in archive.namelist()


def test_one_picture_and_its_bars_fit_a_phone(visitor: Visitor) -> None:
    visitor.page.set_viewport_size(PHONE)
    visitor.go("classify", classes=CLASSES)
    visitor.names()
    assert visitor.fits()
    visitor.page.get_by_role("button", name="Details of chelsea.png").click()
    visitor.page.get_by_role("dialog").get_by_role("button", name="Classify this").click()
    visitor.answer("cat")
    visitor.page.locator(".js-plotly-plot").first.wait_for()
    assert visitor.fits() and "item" in visitor.link()


def test_a_text_is_put_right_by_a_click(visitor: Visitor) -> None:
    page = visitor.go("classify", classes="sports\ncooking", **{"from": "texts"}).page
    box = page.get_by_role("textbox", name="Texts, one per line")
    box.fill("Simmer the onions until they are soft.\nThe goalkeeper saved a penalty.")
    box.press("Control+Enter")
    page.locator("h4", has_text="cooking 1").wait_for()
    table = visitor.settle().page.get_by_test_id("stDataFrame").last
    table.scroll_into_view_if_needed()
    place = table.bounding_box()
    assert place is not None
    page.mouse.click(place["x"] + 18, place["y"] + 35 + 17)  # the box of the first row
    page.get_by_text("1 selected").wait_for()
    label = visitor.settle().page.get_by_role("combobox", name="New label")
    label.fill("recipe")
    label.press("Enter")
    visitor.settle()
    page.get_by_role("button", name="Correct label").click()
    page.locator("h4", has_text="recipe 1").wait_for()
    assert "cooking" not in visitor.settle().page.locator("h4").inner_text()
    page.get_by_text("0 selected").wait_for()


def test_a_number_is_learned_kept_and_predicted(visitor: Visitor, tmp_path: Path) -> None:
    shares = {"chelsea.png": 1, "coffee.png": 0, "rocket.jpg": 0, "motorcycle.png": 0, "astronaut.png": 0}
    table = tmp_path / "cats.csv"
    page = visitor.go("lab", part="numbers").page
    table.write_text("\n".join(["file,cats", *(f"{name},{share}" for name, share in shares.items())]))
    page.locator("input[type=file]").set_input_files(table)
    page.get_by_role("button", name="Train on the number").click()
    with page.expect_download(timeout=60_000) as taken:
        page.get_by_role("button", name="Download", exact=True).click()
    head = read_head(taken.value.path().read_bytes())
    assert (head.target, head.names) == ("number", ("cats",)) and taken.value.suggested_filename == "cats.safetensors"
    page.get_by_role("button", name="Save head").click()
    page.get_by_role("link", name="Predict cats on the page Classify").click()
    page.get_by_role("heading", name="Classify", exact=True).wait_for()
    assert visitor.settle().names()[0] == "chelsea.png" and visitor.link()["head"] == "cats"
    with page.expect_download() as download:
        page.get_by_role("button", name="Table (CSV)").click()
    download.value.save_as(tmp_path / "values.csv")
    rows = list(csv.DictReader((tmp_path / "values.csv").open(encoding="utf-8")))
    best = max(rows, key=lambda row: float(row["value"]))
    assert best["what"].endswith("chelsea.png") and len(rows) > 20
    page.set_viewport_size(PHONE)
    assert visitor.settle().fits()


def test_a_cell_of_the_confusion_matrix_opens_its_pictures(visitor: Visitor, tmp_path: Path) -> None:
    textures, things = ("gravel.png", "grass.png", "brick wall.png"), ("coffee.png", "motorcycle.png", "clock.png")
    rows = [f"{name},texture" for name in textures] + [f"{name},thing" for name in things]
    (tmp_path / "labels.csv").write_text("\n".join(["image,label", *rows]))
    page = visitor.go("lab", least="2", labels_from="a CSV").page
    page.locator("input[type=file]").set_input_files(tmp_path / "labels.csv")
    page.get_by_role("button", name="Compare methods").click()
    page.get_by_text("Confusion matrix").wait_for(timeout=60_000)
    visitor.settle()
    number = page.locator(".js-plotly-plot").first.locator(".scatterlayer text").first
    number.scroll_into_view_if_needed()
    box = number.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.get_by_text(", predicted ").wait_for()
    assert visitor.settle().names()
