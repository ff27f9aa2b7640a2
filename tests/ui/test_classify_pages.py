"""Classify and Lab as a visitor meets them, without a browser: classes in, groups, corrections, heads, figures out."""

from __future__ import annotations

import csv
import io
import json
import pickle
import re
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import COLORS, ColorEncoder
from media import write_video
from PIL import Image
from session import request_details
from streamlit.testing.v1 import AppTest
from visiting import SEARCH, cards, component, find, item_id, labels, picture, press, said, settled, visit

from core import Library, ingest
from core.classify.heads import Head, head_bytes, list_heads, load_head, save_head
from core.classify.training import fit_classes, fit_numbers
from core.classify.validation import compute_learning_curve
from core.errors import DataError
from core.library.registry import create_library
from core.library.schema import Label
from core.search.concepts import learn_concept, list_concepts, load_concept, save_concept

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("world")]
CLASSIFY, LAB = "pages/classify.py", "pages/lab.py"
THREE = "red\ngreen\nblue"
HOSTILE = "<b>a</b> & *b* [c](http://d.e) `f` $g$ :red[h]\n" + "long name " * 20


@pytest.fixture
def shades(tmp_path: Path, encoder: ColorEncoder) -> Library:
    """Folders red, green and blue of six shades each; two of the folder red are blue."""
    for name in ("red", "green", "blue"):
        folder = tmp_path / "shades" / name
        folder.mkdir(parents=True)
        for number in range(6):
            color = COLORS["blue" if name == "red" and number > 3 else name]
            Image.new("RGB", (40, 30), tuple(max(0, part - 9 * number) for part in color)).save(
                folder / f"{name}{number}.png"
            )
    library = create_library("Shades")
    ingest(library, encoder, [tmp_path / "shades"])
    return library


def groups(at: AppTest) -> dict[str, list[str]]:
    """Class -> names of the pictures below its heading."""
    found: dict[str, list[str]] = {}
    for card in component(at, "cards")[0]["cards"]:
        found.setdefault(card["section"].split(" · ")[0], []).append(card["name"])
    return found


def tick(at: AppTest, library: Library, *names: str) -> AppTest:
    """Ticks pictures of the gallery, as its boxes do."""
    token = component(at, "cards")[0]["token"]
    ids = [item_id(library, name) for name in names]
    at.session_state["class_gallery"] = {"selected": {"token": token, "ids": ids}}
    return at.run()


def put_right(at: AppTest, library: Library, label: str, *names: str) -> AppTest:
    tick(at, library, *names)
    at.selectbox("these_are").set_value(label).run()
    return press(at, "Correct label")


def in_link(at: AppTest, name: str) -> str:
    """A parameter of the link, which is a list of values where a widget wrote it."""
    value = at.query_params[name]
    return value if isinstance(value, str) else value[0]


# classes


def test_an_empty_page_says_what_to_do_and_computes_nothing(
    colours: Library, encoder: ColorEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoder, "encode_texts", lambda texts: pytest.fail("a text was encoded before anybody asked"))
    at = visit(CLASSIFY)
    assert "Name the classes in the table" in said(at) and not component(at, "cards")
    assert "Compare methods" not in labels(at) and encoder.images_seen == 0


def test_an_example_fills_the_table_and_the_link(colours: Library) -> None:
    at = press(visit(CLASSIFY), "Cats, cups and rockets")
    assert [row["name"] for row in at.data_editor[0].value.to_dict("records")][:2] == ["cat", "cup of coffee"]
    assert in_link(at, "classes").startswith("cat\ncup of coffee;a hot drink")


def test_typed_classes_group_the_library(colours: Library, encoder: ColorEncoder) -> None:
    at = visit(CLASSIFY, classes=THREE, fits="0.9")
    found = groups(at)
    assert [found[color][0] for color in ("red", "green", "blue")] == ["red.png", "green.png", "blue.png"]
    left = found["none of these"]
    assert "white.png" in left and encoder.images_seen == 0
    assert f"{8 - len(left)} pictures in 3 classes, {len(left)} none of these" in said(at)


def test_the_line_moves_items_to_none_of_these_at_once(colours: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    at = visit(CLASSIFY, classes=THREE, fits="0.0")
    assert "none of these" not in groups(at)
    monkeypatch.setattr("core.classify.class_words.description_probability", lambda *_: pytest.fail("told again"))
    at.slider("fits").set_value(1.0).run()
    assert list(groups(at)) == ["none of these"]


def test_a_pasted_list_replaces_the_table(colours: Library) -> None:
    at = visit(CLASSIFY, classes="red")
    at.text_area[0].set_value("blue; red\n- green")
    at = next(button for button in at.button if button.label == "Use this list").click().run()
    rows = at.data_editor[0].value.to_dict("records")
    assert [(row["name"], row["descriptions"], row["negative"]) for row in rows] == [
        ("blue", "red", False),
        ("green", "", True),
    ]
    assert "green.png" in groups(at)["none of these"]


def test_a_class_twice_is_refused_in_one_line(colours: Library) -> None:
    assert "occurs 2 times" in said(visit(CLASSIFY, classes="red\n- red"))


@pytest.mark.parametrize("link", [{}, {"fits": "0.0"}, {"fits": "0.0", "doubtful": "true"}])
def test_hostile_names_are_shown_as_they_are(colours: Library, link: dict[str, str]) -> None:
    at = visit(CLASSIFY, classes=HOSTILE, **link)
    names = {"none of these", *(line.strip() for line in HOSTILE.splitlines())}
    assert set(groups(at)) <= names and not at.exception and not at.error


# one item


def test_an_item_without_classes_is_shown_and_the_labels_are_a_click_away(colours: Library) -> None:
    colours.put_labels(
        [
            Label(item_id(colours, f"{name}.png"), "tone", tone, "person")
            for name, tone in (("red", "warm"), ("blue", "cold"))
        ]
    )
    at = visit(CLASSIFY, item=item_id(colours, "red.png"))
    assert "red.png" in said(at) and "Name the classes" in said(at)
    at = press(at, "Labels of this library")
    assert "Name the classes" not in said(at) and at.query_params["classes"] == "cold\nwarm"


def test_one_picture_has_a_bar_for_each_class(colours: Library) -> None:
    at = visit(CLASSIFY, classes=THREE, item=item_id(colours, "red.png"))
    assert "#### red" in said(at) and not component(at, "cards")
    figure = json.loads(at.get("plotly_chart")[0].proto.spec)
    assert figure["layout"]["yaxis"]["ticktext"][-1] == "red" and len(figure["data"][0]["x"]) == 3
    at = press(at, "Back to all")
    assert "red.png" in groups(at)["red"]


def test_what_fits_no_class_is_said_plainly(colours: Library) -> None:
    at = visit(CLASSIFY, classes="green\nblue", item=item_id(colours, "red.png"))
    assert "#### None of these" in said(at) and "below the minimum" in said(at)


def test_a_video_has_its_classes_over_time(tmp_path: Path, encoder: ColorEncoder) -> None:
    library = create_library("Clips")
    (tmp_path / "clips").mkdir()
    write_video(tmp_path / "clips" / "two.mp4", ["red", "blue"])
    ingest(library, encoder, [tmp_path / "clips"])
    at = visit(CLASSIFY, classes=THREE, item=item_id(library, "two.mp4"))
    heat = json.loads(at.get("plotly_chart")[1].proto.spec)["data"][0]
    assert "Classes over time" in said(at) and heat["type"] == "heatmap"


def test_details_lead_to_classify(colours: Library) -> None:
    at = find(visit(SEARCH), "red")
    request_details(at, item_id(colours, "red.png"))
    at = press(at.run(), "Classify this")
    assert at.title[0].value == "Classify" and in_link(at, "item") == item_id(colours, "red.png")


# items of no library


def test_texts_are_told_one_a_line() -> None:
    at = visit(CLASSIFY, classes=THREE, **{"from": "texts"})
    at.text_area("class_texts").set_value("a red car\nthe blue sea\n").run()
    rows = at.dataframe[-1].value.to_dict("records")
    assert {row["text"]: row["class"] for row in rows} == {"a red car": "red", "the blue sea": "blue"}
    at.text_area("class_texts").set_value("a red car").run()
    assert "#### red" in said(at)


def test_uploads_are_told_embedded_once_and_kept_nowhere(encoder: ColorEncoder) -> None:
    at = visit(CLASSIFY, classes=THREE, **{"from": "uploads"})
    upload = at.file_uploader("class_files")
    for name in ("red", "blue"):
        upload.upload(f"my {name}.png", picture(name))
    at = settled(press(at, "Load files"))
    found = groups(at)
    assert any("red" in name for name in found["red"]) and any("blue" in name for name in found["blue"])
    seen = encoder.images_seen
    at.slider("fits").set_value(0.2).run()
    assert encoder.images_seen == seen == 2


def test_a_folder_of_no_library_is_told(photos: Path) -> None:
    (photos / "broken.png").write_bytes(b"no picture")
    at = visit(CLASSIFY, classes=THREE, **{"from": "folder"})
    at.text_input("class_folder_path").set_value(str(photos))
    at = settled(press(at, "Load folder"))
    assert "red.png" in groups(at)["red"] and at.expander and "1 file could not be read" in at.expander[0].label


def test_a_folder_with_names_that_are_not_utf8_is_told_without_them(photos: Path) -> None:
    (photos / "\udcff.png").write_bytes((photos / "red.png").read_bytes())
    at = in_folder(visit(CLASSIFY, classes=THREE, **{"from": "folder"}), photos)
    assert "red.png" in groups(at)["red"] and "1 file could not be read" in at.expander[0].label
    assert r"\xff.png" in next(entry.value["file"][0] for entry in at.dataframe if "file" in entry.value)


def test_a_folder_that_is_not_there_or_empty_says_so(tmp_path: Path) -> None:
    at = visit(CLASSIFY, classes=THREE, **{"from": "folder"})
    assert "nowhere" in said(in_folder(at, tmp_path / "nowhere"))
    (tmp_path / "empty").mkdir()
    assert "no pictures or videos" in said(in_folder(at, tmp_path / "empty"))


def test_a_folder_goes_on_while_one_looks_elsewhere_and_can_be_stopped(
    photos: Path, encoder: ColorEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, encode = threading.Event(), encoder.encode_images
    monkeypatch.setattr(encoder, "encode_images", lambda images: go_on.wait(30) and encode(images))
    at = visit(CLASSIFY, classes=THREE, **{"from": "folder"})
    at.text_input("class_folder_path").set_value(str(photos))
    at = press(at, "Load folder")
    assert "Stop" in labels(at)
    at = at.switch_page(SEARCH).run()
    go_on.set()
    at.query_params.update({"classes": THREE, "from": "folder"})
    at = settled(at.switch_page(CLASSIFY).run())
    assert "red.png" in groups(at)["red"] and sum(map(len, groups(at).values())) == 8

    go_on.clear()
    at.text_input("class_folder_path").set_value(str(photos))
    at = press(press(at, "Load folder"), "Stop")
    go_on.set()
    at = settled(at)
    assert "Stopped early" in said(at) and not at.exception


def in_folder(at: AppTest, folder: Path) -> AppTest:
    at.text_input("class_folder_path").set_value(str(folder))
    return settled(press(at, "Load folder"))


# texts put right


def tick_texts(at: AppTest, *texts: str) -> AppTest:
    """Ticks rows of the table, as its boxes do."""
    rows = list(at.dataframe[-1].value["text"])
    at.session_state[at.dataframe[-1].key] = {"selection": {"rows": [rows.index(text) for text in texts]}}
    return at.run()


def texts_put_right(at: AppTest, label: str, *texts: str) -> AppTest:
    at = tick_texts(at, *texts)
    at.selectbox("these_are").set_value(label).run()
    return press(at, "Correct label")


def told_texts(at: AppTest) -> dict[str, tuple[str, str]]:
    return {row["text"]: (row["class"], row["labeled by"]) for row in at.dataframe[-1].value.to_dict("records")}


def of_texts(*lines: str, **link: str) -> AppTest:
    at = visit(CLASSIFY, **{"from": "texts", **link})
    return at.text_area("class_texts").set_value("\n".join(lines)).run()


def test_texts_are_put_right_for_the_visit(encoder: ColorEncoder) -> None:
    at = of_texts("a red car", "the blue sea", "a red rose", classes=THREE)
    assert next(entry for entry in at.button if entry.label == "Correct label").disabled
    at = texts_put_right(at, "green", "a red rose")
    assert told_texts(at) == {"a red car": ("red", ""), "the blue sea": ("blue", ""), "a red rose": ("green", "you")}
    assert "1 selected" not in said(at), "what was put right is not ticked any more"
    at.text_area("class_texts").set_value("a red rose\nthe blue sea").run()
    assert told_texts(at)["a red rose"] == ("green", "you"), "it is remembered when other texts are there"


def test_corrected_texts_enter_the_table_to_take_away(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[Any] = []
    monkeypatch.setattr("ui.classify.results_gallery.st.download_button", lambda *_, data, **__: taken.append(data()))
    texts_put_right(of_texts("a red car", "the blue sea", classes=THREE), "green", "a red car")
    rows = {row["what"]: row["label"] for row in csv.DictReader(io.StringIO(taken[-1]))}
    assert rows == {"a red car": "green", "the blue sea": "blue"}


def test_a_head_is_learned_from_texts(encoder: ColorEncoder) -> None:
    at = of_texts("a red car", "an orange hat", "the blue sea", "purple rain", "a yellow sun", classes="warm\ncold")
    at = texts_put_right(at, "warm", "a red car", "an orange hat")
    at = texts_put_right(at, "cold", "the blue sea", "purple rain")
    at = press(press(at, "Train"), "Apply")
    assert in_link(at, "head") == "classes" and "Learned (blend)" in said(at)
    at.slider("fits").set_value(0.0).run()
    assert told_texts(at)["a yellow sun"] == ("warm", "")


def test_labels_of_what_is_not_here_are_not_counted(encoder: ColorEncoder) -> None:
    at = texts_put_right(of_texts("a red car", "the blue sea", classes=THREE), "green", "a red car")
    assert "Train on my labels (1)" in popovers(at)
    at.text_area("class_texts").set_value("white snow\nthe blue sea").run()
    assert "Train on my labels (0)" in popovers(at)


def popovers(at: AppTest) -> list[str]:
    return [entry.proto.popover.label for entry in at.get("popover")]


# numbers


@pytest.fixture
def warmth(encoder: ColorEncoder) -> Head:
    """A saved head called by heat, which predicts the number warmth: red 30, blue -10."""
    vectors = np.repeat(encoder.encode_texts(["red", "blue"]), 6, axis=0)
    head = fit_numbers(encoder, "ridge", vectors, [30.0] * 6 + [-10.0] * 6, name="warmth")
    save_head(head, encoder, "by heat")
    return head


def test_a_number_sorts_the_library(colours: Library, warmth: Head, encoder: ColorEncoder) -> None:
    at = visit(CLASSIFY, head="by heat")
    shown = component(at, "cards")[0]["cards"]
    values = [float(card["chance_text"]) for card in shown]
    assert len(shown) == 8 and values == sorted(values, reverse=True)
    assert dict(zip([card["name"] for card in shown], values, strict=True))["red.png"] == pytest.approx(30, abs=1)
    assert {card["score"] for card in shown} == {"warmth"} and (shown[0]["chance"], shown[-1]["chance"]) == (1, 0)
    figure = json.loads(at.get("plotly_chart")[0].proto.spec)
    assert figure["layout"]["xaxis"]["title"]["text"] == "warmth"
    assert "8 pictures: warmth from" in said(at) and "predicts **warmth**" in said(at)
    assert not at.slider and "these_are" not in [entry.key for entry in at.selectbox] and encoder.images_seen == 0
    at.segmented_control("order").set_value("lowest first").run()
    assert cards(at) == [card["name"] for card in reversed(shown)]


def test_numbers_are_taken_away_as_a_table(colours: Library, warmth: Head, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[Any] = []
    monkeypatch.setattr(
        "ui.classify.results_numeric.st.download_button", lambda *_, **given: taken.append(given.get("data"))
    )
    visit(CLASSIFY, head="by heat")
    rows = list(csv.DictReader(io.StringIO(taken[-1]())))
    assert len(rows) == 8 and set(rows[0]) == {"what", "value"}
    red = next(row for row in rows if row["what"].endswith("red.png"))
    assert float(red["value"]) == pytest.approx(30, abs=1)


def test_one_picture_and_texts_have_a_number(colours: Library, warmth: Head) -> None:
    at = visit(CLASSIFY, head="by heat", item=item_id(colours, "red.png"))
    assert re.search(r"#### warmth (29\.9|30)", said(at)) and not component(at, "cards")
    at = press(at, "Back to all")
    assert len(cards(at)) == 8
    at = of_texts("red", "blue", head="by heat")
    assert list(at.dataframe[-1].value["text"]) == ["red", "blue"]
    at.text_area("class_texts").set_value("blue").run()
    assert re.search(r"#### warmth -(9\.9|10)", said(at))


def test_classes_and_numbers_take_turns_and_the_classes_stay(colours: Library, warmth: Head) -> None:
    at = visit(CLASSIFY, classes="red")
    at.session_state[at.data_editor[0].key] = {"edited_rows": {}, "added_rows": [{"name": "blue"}], "deleted_rows": []}
    at.run()
    assert {"red", "blue"} <= set(groups(at))
    at.selectbox("head").set_value("by heat").run()
    assert not at.data_editor and "warmth" in said(at)
    at.selectbox("head").set_value(None).run()
    assert {"red", "blue"} <= set(groups(at))
    at = at.switch_page(SEARCH).run().switch_page(CLASSIFY).run()
    assert {"red", "blue"} <= set(groups(at)), "what was typed is there again after a look at another page"


def test_a_head_of_a_number_can_be_uploaded(colours: Library, encoder: ColorEncoder, warmth: Head) -> None:
    at = visit(CLASSIFY, classes=THREE)
    uploader = next(entry for entry in at.file_uploader if entry.label.startswith("Upload a head"))
    at = uploader.upload("mine.safetensors", head_bytes(warmth)).run()
    assert in_link(at, "head") == "mine" and "predicts **warmth**" in said(at) and not at.error


# labels, learning, tags, concepts


def test_a_correction_is_a_label_and_search_finds_it(colours: Library) -> None:
    at = put_right(visit(CLASSIFY, classes="warm\ncold", task="mood"), colours, "warm", "orange.png", "yellow.png")
    given = {(label.task, label.label, label.by) for label in colours.labels()}
    assert given == {("mood", "warm", "person")} and {"orange.png", "yellow.png"} <= set(groups(at)["warm"])
    at = find(visit(SEARCH, label="warm"), "red")
    assert set(cards(at)) == {"orange.png", "yellow.png"} and "labeled “warm”" in said(at)


def test_search_follows_labels_that_change(colours: Library) -> None:
    colours.put_labels([Label(item_id(colours, "red.png"), "t", "mine", "person")])
    at = find(visit(SEARCH, label="mine"), "blue")
    assert cards(at) == ["red.png"]
    colours.put_labels([Label(item_id(colours, "blue.png"), "t", "mine", "person")])
    at.run()
    assert {name for number in range(len(component(at, "cards"))) for name in cards(at, number)} == {
        "red.png",
        "blue.png",
    }


def test_learning_from_labels_replaces_zero_shot(colours: Library, encoder: ColorEncoder) -> None:
    at = visit(CLASSIFY, classes="warm\ncold")
    learn = next(button for button in at.button if button.label == "Train")
    assert learn.disabled, "there is nothing to learn from"
    at = put_right(at, colours, "warm", "orange.png", "red.png")
    at = put_right(at, colours, "cold", "blue.png", "purple.png")
    at = press(press(at, "Train"), "Apply")
    assert in_link(at, "head") == "classes" and "Learned (blend)" in said(at)
    head = load_head(list_heads(encoder)["classes"], encoder)
    assert head.names == ("warm", "cold")
    at.slider("fits").set_value(0.0).run()
    assert "yellow.png" in groups(at)["warm"], "what was not labelled is told too"


def taught(library: Library) -> AppTest:
    """Two classes whose words say nothing, and labels of two pictures each."""
    at = put_right(visit(CLASSIFY, classes="warm\ncold", fits="0.0"), library, "warm", "orange.png", "red.png")
    return put_right(at, library, "cold", "blue.png", "purple.png")


def test_a_head_shows_what_it_would_change_before_it_is_used(colours: Library, encoder: ColorEncoder) -> None:
    at = press(taught(colours), "Train")
    assert "Trained on 4 labels" in said(at) and not list_heads(encoder) and "head" not in at.query_params
    moved, used = component(at, "cards")[0]["cards"], component(at, "cards")[1]["cards"]
    assert moved and all(" → " in card["section"] for card in moved), "what moves is shown as pictures"
    before = {card["name"]: card["section"].split(" · ")[0] for card in used}
    for card in moved:
        assert before[card["name"]] == card["section"].split(" → ")[0]
    at = press(at, "Discard")
    assert len(component(at, "cards")) == 1 and not list_heads(encoder) and "Apply" not in labels(at)


def test_a_head_that_was_applied_can_be_undone(colours: Library, encoder: ColorEncoder) -> None:
    at = taught(colours)
    words = groups(at)
    at = press(press(at, "Train"), "Apply")
    learned = groups(at)
    assert list(list_heads(encoder)) == ["classes"] and learned != words
    first = load_head(list_heads(encoder)["classes"], encoder).arrays["means"]
    at = put_right(at, colours, "cold", "red.png")
    at = press(press(at, "Train"), "Apply")
    assert (load_head(list_heads(encoder)["classes"], encoder).arrays["means"] != first).any()
    at = press(at, "Undo training")
    again = load_head(list_heads(encoder)["classes"], encoder)
    assert (again.arrays["means"] == first).all(), "the head of the same name is back"
    assert "Undo training" not in labels(at) and in_link(at, "head") == "classes"


def test_undo_goes_back_to_the_words_and_keeps_the_labels(colours: Library, encoder: ColorEncoder) -> None:
    at = taught(colours)
    words = groups(at)
    at = press(press(press(at, "Train"), "Apply"), "Undo training")
    assert groups(at) == words and not list_heads(encoder) and "head" not in at.query_params
    assert len(list(colours.labels("classes"))) == 4


def test_a_pickle_is_no_head(colours: Library) -> None:
    at = visit(CLASSIFY, classes=THREE)
    uploader = next(entry for entry in at.file_uploader if entry.label.startswith("Upload a head"))
    at = uploader.upload("head.pkl", pickle.dumps({"a": 1})).run()
    assert "Pickles and joblib files are not opened" in said(at)


def test_an_uploaded_head_replaces_none(colours: Library, encoder: ColorEncoder) -> None:
    data = head_bytes(fit_classes(encoder, "centroid", encoder.encode_texts(["red", "blue"]), ["warm", "cold"]))
    for name, new in (("browser's (1)", "browser s 1"), ("browser s 1", "browser s 1 2")):
        known = set(list_heads(encoder))
        at = visit(CLASSIFY, classes=THREE)
        uploader = next(entry for entry in at.file_uploader if entry.label.startswith("Upload a head"))
        at = uploader.upload(f"{name}.safetensors", data).run()
        assert set(list_heads(encoder)) - known == {new} and not at.exception and not at.error


def test_tags_are_written_back_and_leave_a_persons_labels(colours: Library) -> None:
    at = put_right(visit(CLASSIFY, classes=THREE, fits="0.9"), colours, "blue", "red.png")
    press(at, "Tag them")
    given = {label.item_id: (label.label, label.by) for label in colours.labels("classes")}
    assert given[item_id(colours, "red.png")] == ("blue", "person")
    assert given[item_id(colours, "green.png")] == ("green", "model")
    assert item_id(colours, "white.png") not in given
    at = find(visit(SEARCH, label="green"), "green")
    assert cards(at)[0] == "green.png" and not {"red.png", "blue.png"} & set(cards(at))


def test_a_concept_is_a_class_and_a_word(colours: Library, encoder: ColorEncoder) -> None:
    at = tick(visit(CLASSIFY, classes="blue\ngreen"), colours, "red.png", "orange.png")
    at.text_input("concept_name").set_value("glow").run()
    at = press(at, "Save concept")
    assert list(list_concepts(encoder)) == ["glow"] and load_concept(encoder, "glow").examples == 2
    assert "concept:glow" in in_link(at, "classes")
    at.slider("fits").set_value(0.0).run()
    assert "red.png" in groups(at)["glow"]
    at = find(visit(SEARCH), "concept:glow")
    assert "the concept “glow”" in said(at) and cards(at)[0] in ("red.png", "orange.png")


def test_a_concept_that_was_learned_anew_is_searched_for_anew(colours: Library, encoder: ColorEncoder) -> None:
    def learn(name: str) -> None:
        index = colours.index(encoder)
        examples = index.vectors(index.item_numbers(item_id(colours, name)))
        save_concept(learn_concept(encoder, "glow", examples, index.background), encoder)

    learn("red.png")
    at = find(visit(SEARCH), "concept:glow")
    assert cards(at)[0] == "red.png"
    learn("blue.png")
    assert cards(at.run())[0] == "blue.png"


# the laboratory


def test_the_lab_computes_nothing_before_somebody_asks(
    shades: Library, encoder: ColorEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoder, "encode_texts", lambda texts: pytest.fail("a text was encoded before anybody asked"))
    at = visit(LAB)
    assert "18 pictures in 3 classes" in said(at) and "Compare methods" in labels(at)


def test_ways_are_compared_and_a_cell_opens_its_pictures(shades: Library) -> None:
    at = press(visit(LAB), "Compare methods")
    rows = {row["method"]: row for row in at.dataframe[0].value.to_dict("records")}
    assert set(rows) == {
        "zero-shot", "zero-shot, one template", "zero-shot, calibrated", "centroid", "knn", "probe", "blend"
    }  # fmt: skip
    assert rows["zero-shot"]["accuracy"] == pytest.approx(16 / 18), "two pictures lie in the wrong folder"
    at.session_state["confusion"] = {"selection": {"points": [{"customdata": [2, 0, 2]}]}}
    at.run()
    assert "True class red, predicted blue: 2 pictures" in said(at)
    assert set(cards(at)) == {"red4.png", "red5.png"}


def test_the_lab_says_how_sure_it_is(shades: Library) -> None:
    at = press(visit(LAB), "Compare methods")
    row = next(row for row in at.dataframe[0].value.to_dict("records") if row["method"] == "zero-shot")
    assert row["between"] == "0.67 – 0.97", "16 of 18, by Wilson"
    assert "18 labels prove little: the accuracy of" in said(at)


def test_the_curve_ends_where_the_pictures_end(shades: Library) -> None:
    at = settled(press(visit(LAB), "Draw the learning curve"))
    figure = json.loads(at.get("plotly_chart")[-1].proto.spec)
    assert figure["layout"]["xaxis"]["tickvals"] == [1, 2, 4], "four of each class are left to train on"
    assert figure["layout"]["yaxis"]["range"][1] == 1.0


def test_folders_of_photos_and_clips_are_no_classes(tmp_path: Path, encoder: ColorEncoder) -> None:
    for name in ("photos", "clips"):
        (tmp_path / "all" / name).mkdir(parents=True)
    for color in ("red", "green", "blue"):
        Image.new("RGB", (40, 30), COLORS[color]).save(tmp_path / "all" / "photos" / f"{color}.png")
    write_video(tmp_path / "all" / "clips" / "two.mp4", ["red", "blue"])
    ingest(create_library("Both"), encoder, [tmp_path / "all"])
    at = visit(LAB)
    assert "folder names" not in at.segmented_control("labels_from").options and not at.exception


def test_the_curve_says_what_more_labels_bring(shades: Library) -> None:
    at = settled(press(visit(LAB), "Draw the learning curve"))
    assert "Labeling **8 more** per class would raise the accuracy" in said(at) and "zero-shot **" in said(at)
    at.number_input("more_labels").set_value(32).run()
    assert "Labeling **32 more**" in said(at)


def test_the_curve_goes_on_while_one_looks_elsewhere(shades: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    monkeypatch.setattr(
        "ui.lab.learning_curve.compute_learning_curve",
        lambda *a, **b: go_on.wait(30) and compute_learning_curve(*a, **b),
    )
    at = press(visit(LAB), "Draw the learning curve")
    assert "Stop" in labels(at) and "Draw the learning curve" not in labels(at)
    at = at.switch_page(SEARCH).run()
    go_on.set()
    at = settled(at.switch_page(LAB).run())
    assert "Labeling **8 more** per class" in said(at)


def test_a_curve_that_fails_says_why_and_can_be_asked_for_again(
    shades: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise DataError("The class 'red' has fewer than three items: label more, or remove the class.")

    monkeypatch.setattr("ui.lab.learning_curve.compute_learning_curve", fail)
    at = settled(press(visit(LAB), "Draw the learning curve"))
    assert "fewer than three items" in said(at)
    monkeypatch.setattr("ui.lab.learning_curve.compute_learning_curve", compute_learning_curve)
    at = settled(press(at, "Draw the learning curve"))
    assert "Labeling **8 more** per class" in said(at) and "fewer than three items" not in said(at)


def test_labels_come_from_a_table_and_strange_files_are_named(shades: Library) -> None:
    at = visit(LAB, labels_from="a CSV")
    rows = [f"{name}{number}.png,{name}" for name in ("red", "green") for number in range(4)]
    at.file_uploader[0].upload("labels.csv", "\n".join(["file,label", *rows, "nowhere.png,red"]).encode()).run()
    assert "8 pictures in 2 classes" in said(at) and "nowhere.png" in said(at)


def test_labels_come_from_a_task(shades: Library) -> None:
    assert "You have not labeled any pictures of this library" in said(visit(LAB, labels_from="labels of a task"))
    shades.put_labels(
        [Label(item_id(shades, f"{name}{n}.png"), "t", name, "person") for name in ("red", "blue") for n in range(3)]
    )
    assert "6 pictures in 2 classes" in said(visit(LAB, labels_from="labels of a task"))


def test_a_number_is_learned_and_measured(shades: Library) -> None:
    at = visit(LAB, part="numbers")
    rows = [f"{name}{n}.png,{50 - 9 * n}" for name in ("red", "green", "blue") for n in range(6)]
    at.file_uploader[0].upload("numbers.csv", "\n".join(["file,brightness", *rows]).encode()).run()
    at = press(at, "Train on the number")
    ways = {row["method"]: row for row in at.dataframe[0].value.to_dict("records")}
    assert set(ways) == {"ridge", "knn"} and all(row["MAE"] > 0 for row in ways.values())


@pytest.mark.parametrize("way", ["ridge", "knn"])
def test_what_was_measured_can_be_kept_and_used(shades: Library, encoder: ColorEncoder, way: str) -> None:
    at = visit(LAB, part="numbers")
    rows = [f"{name}{n}.png,{50 - 9 * n}" for name in ("red", "green", "blue") for n in range(6)]
    at.file_uploader[0].upload("numbers.csv", "\n".join(["file,brightness", *rows]).encode()).run()
    at = press(at, "Train on the number")
    at.segmented_control("number_way").set_value(way).run()
    assert not list_heads(encoder), "nothing is kept before somebody asks"
    at = press(at, "Save head")
    head = load_head(list_heads(encoder)["brightness"], encoder)
    assert (head.kind, head.target, head.names) == (way, "number", ("brightness",))
    assert at.get("page_link")[-1].proto.query_string == "head=brightness"
    at = visit(CLASSIFY, head="brightness")
    assert cards(at)[0] in ("red0.png", "green0.png", "blue0.png") and "18 pictures: brightness from" in said(at)


def test_a_name_that_cannot_be_kept_is_refused_plainly(shades: Library, encoder: ColorEncoder) -> None:
    at = visit(LAB, part="numbers")
    rows = [f"red{n}.png,{n}" for n in range(6)]
    at.file_uploader[0].upload("numbers.csv", "\n".join(["file,price (€)", *rows]).encode()).run()
    at = press(at, "Train on the number")
    at.text_input("number_head price (€)").set_value("../up").run()
    at = press(at, "Save head")
    assert "A name has 1 to 80 letters" in said(at) and not list_heads(encoder)


@pytest.mark.parametrize("page", [CLASSIFY, LAB])
def test_both_pages_say_in_one_sentence_what_they_show(colours: Library, page: str) -> None:
    at = visit(page)
    about = at.markdown[0].value.removeprefix(":gray[").removesuffix("]")
    about = (
        next(entry.value for entry in at.markdown if entry.value.startswith(":gray[")) if page == CLASSIFY else about
    )
    assert about and ". " not in about


@pytest.mark.parametrize("page", [CLASSIFY, LAB])
def test_both_pages_without_a_library_say_what_to_do(page: str) -> None:
    at = visit(page)
    assert "no library" in said(at) and at.page_link


def test_labels_that_are_there_come_before_a_table_that_is_not(tmp_path: Path, encoder: ColorEncoder) -> None:
    (tmp_path / "flat").mkdir()
    for name in ("red", "blue"):
        for number in range(3):
            Image.new("RGB", (40 + number, 30), COLORS[name]).save(tmp_path / "flat" / f"{name}{number}.png")
    library = create_library("Flat")
    ingest(library, encoder, [tmp_path / "flat"])
    assert visit(LAB).segmented_control("labels_from").value == "a CSV"
    named = [(name, f"{name}{number}.png") for name in ("red", "blue") for number in range(3)]
    library.put_labels([Label(item_id(library, file), "t", name, "person") for name, file in named])
    at = visit(LAB)
    assert at.segmented_control("labels_from").value == "labels of a task" and "6 pictures in 2 classes" in said(at)
