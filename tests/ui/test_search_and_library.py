"""The pages as a visitor meets them, run without a browser: what they say, and what their buttons do."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import COLORS, ColorEncoder
from PIL import Image
from session import picker, request_details, state_of
from streamlit.testing.v1 import AppTest
from visiting import (
    HOME,
    LIBRARY,
    SEARCH,
    VIDEO,
    cards,
    component,
    find,
    item_id,
    labels,
    picture,
    press,
    said,
    settled,
    visit,
)

import core.library.samples.reels as reels
import ui.session.encoders
import ui.shell.sidebar
import ui.widgets.query.image_search
from core import Encoder, Library, ingest
from core.config import load_settings
from core.explore.atlas import prepare_atlas
from core.library import Label
from core.library.registry import create_library, list_libraries
from ui.home.browse import BrowseState

pytestmark = pytest.mark.usefixtures("world")


@pytest.fixture
def colours(photos: Path, encoder: ColorEncoder) -> Library:
    """A library called Colours in the home folder; one of its pictures stands upright."""
    Image.new("RGB", (60, 90), COLORS["purple"]).save(photos / "purple.png")
    library = create_library("Colours")
    ingest(library, encoder, [photos])
    encoder.images_seen = 0
    return library


# first steps


def test_first_start_offers_the_samples_and_computes_nothing(
    encoder: ColorEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = [replace(reel, shots=reel.shots[:1]) for reel in reels.reel_plan()[:2]]  # soon rendered
    monkeypatch.setattr(reels, "reel_plan", lambda: short)
    at = visit()
    assert "No library yet" in said(at)
    assert encoder.images_seen == 0 and not list_libraries()
    at = settled(press(at, "Build the sample library"))
    ((pictures, clips),) = re.findall(r"(\d+) pictures, (\d+) videos, 12 texts searchable", said(at))
    assert "done" in said(at) and encoder.images_seen > int(pictures) > 0 and int(clips) > 0
    assert picker(at, "Library").value == "Sample photos"


@pytest.mark.parametrize("page", [HOME, LIBRARY, SEARCH, VIDEO])
def test_each_page_says_in_two_sentences_what_it_shows(colours: Library, page: str) -> None:
    at = visit(page)
    about = at.markdown[0].value.removeprefix(":gray[").removesuffix("]")
    assert at.title[0].value and about.count(". ") <= 1 and about.endswith(".")


@pytest.mark.parametrize("page", [LIBRARY, SEARCH, VIDEO])
def test_pages_without_a_library_say_what_to_do(page: str) -> None:
    at = visit(page)
    assert "no library" in said(at)
    assert "Build the sample library" in labels(at) if page == LIBRARY else at.page_link


@pytest.mark.parametrize("page", [SEARCH, VIDEO])
def test_an_empty_library_says_what_to_do(page: str) -> None:
    create_library("Empty")
    at = visit(page)
    assert "Empty has no pictures or videos yet" in said(at) and "Add some" in at.page_link[0].label


def test_home_offers_queries_that_find_something_once_there_is_a_map(colours: Library, encoder: ColorEncoder) -> None:
    assert not any(button.key and button.key.startswith("example") for button in visit().button)
    ids = colours.items()["id"].to_pylist()
    colours.put_labels([Label(item_id, "colour", "red", "person") for item_id in ids[:1]])
    prepare_atlas(colours, encoder)
    at = visit()
    names = [button.label for button in at.button if button.key and button.key.startswith("example")]
    at = press(at, names[0])
    assert at.title[0].value == "Search" and at.text_input("q").value == names[0]
    assert f"Results for “{names[0]}”" in said(at)


def test_home_shows_the_library_by_month_newest_first(colours: Library, photos: Path, encoder: ColorEncoder) -> None:
    for name, day in (("red.png", 1_500_000_000), ("blue.png", 1_700_000_000)):
        os.utime(photos / name, (day, day))
    ingest(colours, encoder, [photos])
    at = visit()
    shown = component(at, "cards")[0]["cards"]
    assert [card["name"] for card in shown[-2:]] == ["blue.png", "red.png"] and len(shown) == 8
    assert [card["section"] for card in shown[-2:]] == ["November 2023 · 1 item", "July 2017 · 1 item"]
    assert cards(visit(month="November 2023")) == ["blue.png", "red.png"], "a link begins with its month"
    assert len(cards(visit(month="May 1999"))) == 8


def test_home_shows_more_as_one_scrolls_and_ends(colours: Library, photos: Path, encoder: ColorEncoder) -> None:
    for number in range(70):
        Image.new("RGB", (60, 60), (255 - 3 * number, 3 * number, 120)).save(photos / f"shade {number}.png")
    ingest(colours, encoder, [photos])
    at = visit()
    first = component(at, "cards")[0]
    assert len(first["cards"]) == 60 and first["more"]
    state_of(at, BrowseState).first, state_of(at, BrowseState).end = 60, 120  # as the end comes into view
    (rest,) = component(at.run(), "cards")
    assert len(rest["cards"]) == 18 and not rest["more"] and rest["piece"]["first"] == 60
    assert not {card["id"] for card in rest["cards"]} & {card["id"] for card in first["cards"]}


def test_home_finds_all_kinds_and_the_switch_takes_the_query_along(
    colours: Library, tmp_path: Path, encoder: ColorEncoder
) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "red.txt").write_text("Red is the color of fire. It warms whoever sees it.")
    ingest(colours, encoder, [tmp_path / "notes"], texts=True)
    at = find(visit(), "red")
    assert at.title[0].value == "Search" and {"red.png", "red.txt"} <= set(cards(at))
    assert "Among 9 items" in said(at)
    at = at.segmented_control("kind all").set_value("Texts").run()
    assert at.title[0].value == "Search images" and at.text_input("q").value == "red" and cards(at) == ["red.txt"]
    at = at.segmented_control("kind").set_value("All").run()
    assert at.title[0].value == "Search" and at.text_input("q").value == "red" and len(cards(at)) == 9


def test_looking_around_encodes_nothing(
    colours: Library, encoder: ColorEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoder, "encode_texts", lambda texts: pytest.fail("a text was encoded before anybody asked"))
    for page in (HOME, LIBRARY, SEARCH, VIDEO):
        assert said(visit(page))
    assert encoder.images_seen == 0


# searching


def test_every_picture_is_shown_and_doubt_has_a_heading(colours: Library) -> None:
    at = find(visit(SEARCH), "red")
    shown = component(at, "cards")[0]["cards"]
    assert "Results for “red”" in said(at) and len(shown) == 8 and shown[0]["name"] == "red.png"
    headings = [card["section"] for card in shown]
    assert headings[0] == "" and headings[-1] == "Less certain from here" and headings == sorted(headings)


def test_a_query_of_nothing_here_says_so_and_shows_the_nearest(colours: Library) -> None:
    at = find(visit(SEARCH), "xylophone")
    assert "Nothing here matches “xylophone”" in said(at) and len(cards(at)) == 8


def test_more_is_shown_on_request_to_the_last_picture(colours: Library, photos: Path, encoder: ColorEncoder) -> None:
    for number in range(30):
        Image.new("RGB", (60, 60), (255 - 8 * number, 8 * number, 120)).save(photos / f"shade {number}.png")
    ingest(colours, encoder, [photos])
    at = visit(SEARCH, q="red", top="24", fold="false")
    first = cards(at)
    assert len(first) == 24
    at = press(at, "Show 96 more")
    assert len(cards(at)) == 38 and cards(at)[:24] == first and "Show 96 more" not in labels(at)
    assert len(cards(find(at, "blue"))) == 24, "another query begins with its first page"


def test_cards_show_the_match_and_details_the_cosine(colours: Library) -> None:
    card = component(find(visit(SEARCH), "red"), "cards")[0]["cards"][0]
    assert card["score"] == "" and card["chance_text"].endswith("% match")


def test_terms_are_added_weighted_and_taken_out(colours: Library) -> None:
    at = find(visit(SEARCH), "red + blue")
    blue = [widget for widget in at.number_input if "Weight" in widget.label][1]
    blue.set_value(-2.0).run()
    assert at.text_input("q").value == "red - 2:blue" and "“red”, without “blue”" in said(at)
    assert "blue.png" not in cards(at)[:3]
    at.button(next(button.key for button in at.button if (button.key or "").startswith("drop"))).click().run()
    assert at.text_input("q").value == "- 2:blue"


def test_words_are_added_from_the_panel(colours: Library) -> None:
    at = find(visit(SEARCH), "white")
    at.text_input("more_words").set_value("green")
    at.get_by_key("more_sign").set_value("unlike this")
    at.form_submit_button[0].click().run()
    assert at.text_input("q").value == "white - green" and "“white”, without “green”" in said(at)


def test_a_query_that_does_not_parse_is_explained(colours: Library) -> None:
    at = find(visit(SEARCH), "red + ")
    assert "A term is missing at the end" in said(at)
    at.text_input("more_words").set_value("green")
    at.form_submit_button[0].click().run()
    assert "A term is missing at the end" in said(at) and at.text_input("q").value == "red + "


def test_filters_limit_the_search_and_can_be_cleared(colours: Library) -> None:
    at = visit(SEARCH, q="red", shape="portrait")
    assert cards(at) == ["purple.png"] and "Among 1 picture, portrait" in said(at)
    at.number_input("min").set_value(5000).run()
    assert "No picture matches the filters (shorter side at least 5,000 px, portrait)" in said(at)
    at = press(at, "Clear the filters")
    assert cards(at)[0] == "red.png" and at.number_input("min").value is None


def test_a_folder_is_a_filter(colours: Library) -> None:
    at = visit(SEARCH, q="red", folder="more")
    assert set(cards(at)) == {"green.png", "yellow.png", "black.png", "orange.png"}


def test_filters_of_one_library_do_not_break_another(colours: Library, photos: Path, encoder: ColorEncoder) -> None:
    ingest(create_library("Flat"), encoder, [photos / "red.png", photos / "blue.png"])
    at = visit(SEARCH, q="red", folder="more", library="Colours")
    assert "Among 4 pictures, in" in said(at)
    picker(at, "Library").set_value("Flat").run()
    assert "Among 2 pictures" in said(at) and cards(at) == ["red.png", "blue.png"]


def test_a_picture_of_the_library_is_a_query(colours: Library) -> None:
    Image.new("RGB", (200, 150), (200, 40, 40)).save(colours.path.parent / "reddish.png")
    ingest(colours, ColorEncoder(), [colours.path.parent / "reddish.png"])
    at = visit(SEARCH, q=f"item:{item_id(colours, 'red.png')}")
    assert "for the picture red.png" in said(at) and cards(at)[0] == "reddish.png"
    assert "Nothing here" not in said(at) and not component(at, "cards")[0]["cards"][-1]["chance_text"]
    assert "is not in this library" in said(find(at, "item:nowhere"))


def test_an_uploaded_picture_is_a_query_and_not_in_the_link(colours: Library) -> None:
    at = visit(SEARCH)
    at = settled(at.file_uploader[0].upload("query.png", picture("blue")).run())
    assert cards(at)[0] == "blue.png" and "Results for your picture" in said(at)
    assert component(at, "cards")[0]["cards"][0]["chance_text"] == "this very picture"
    assert "The page link does not include the uploaded picture" in said(at)
    assert "upload" not in json.dumps(at.query_params)


def test_a_link_opens_the_same_search_again(colours: Library) -> None:
    create_library("Another")
    at = visit(SEARCH, q="blue - red", library="Colours", encoder="other", top="24", fold="false")
    assert picker(at, "Library").value == "Colours" and picker(at, "Encoder").value == "other"
    assert "are not embedded with this encoder yet" in said(at)
    at = visit(SEARCH, q="blue - red", library="Colours", top="24", fold="false")
    assert cards(at)[0] == "blue.png" and not at.toggle("fold").value
    assert at.query_params["library"] == "Colours" and at.query_params["encoder"] == "embedded"


def test_a_link_says_how_terms_are_combined(colours: Library) -> None:
    by_sum = visit(SEARCH, q="yellow - 2:red", library="Colours", combine="sum")
    assert cards(by_sum)[0] == "green.png" and "combine='sum'" in by_sum.code[-1].value
    at = visit(SEARCH, q="yellow - 2:red", library="Colours")
    assert cards(at)[0] == "yellow.png" and "combine" not in at.code[-1].value


def test_a_link_to_an_unknown_library_is_explained(colours: Library) -> None:
    at = visit(library="Nowhere")
    assert "a library that does not exist here: Nowhere" in said(at)
    assert picker(at, "Library").value == "Colours"


def test_details_show_the_file_and_lead_on(colours: Library) -> None:
    at = find(visit(SEARCH), "red")
    request_details(at, item_id(colours, "red.png"))
    at.run()
    assert str(colours.items()["path"][-2]).endswith(".png") and any("red.png" in code.value for code in at.code)
    assert "80 × 60 px" in said(at) and "cosine 1.00" in said(at)
    at = press(at, "More like this")
    assert at.text_input("q").value == f"item:{item_id(colours, 'red.png')}"


def test_labels_are_edited_in_the_details(colours: Library) -> None:
    at = find(visit(SEARCH), "red")
    red = item_id(colours, "red.png")
    request_details(at, red)
    at.run()
    at.text_input(f"label {red} label").set_value("barn").run()
    assert [(label.task, label.label) for label in colours.labels()] == [("label", "barn")]
    request_details(at, red)
    at.run()
    at.text_input(f"label {red} label").set_value("").run()
    assert not colours.labels()


def test_near_duplicates_are_folded_unless_asked(colours: Library, photos: Path, encoder: ColorEncoder) -> None:
    Image.new("RGB", (200, 150), COLORS["red"]).save(photos / "red copy.png")
    ingest(colours, encoder, [photos])
    at = find(visit(SEARCH), "red")
    assert len(cards(at)) == 8 and component(at, "cards")[0]["cards"][0]["copies"] == 1
    at.toggle("fold").set_value(False).run()
    assert sorted(cards(at)[:2]) == ["red copy.png", "red.png"]


def test_pictures_are_addresses_and_in_public_mode_part_of_the_page(
    colours: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = [card["src"] for card in component(find(visit(SEARCH), "red"), "cards")[0]["cards"]]
    assert sources and all(source.endswith(".webp") and len(source) < 200 for source in sources)
    monkeypatch.setenv("SEMBLANCE_PUBLIC", "1")
    sources = [card["src"] for card in component(find(visit(SEARCH), "red"), "cards")[0]["cards"]]
    assert sources and all(source.startswith("data:image/webp;base64,") for source in sources)


def test_selected_pictures_can_be_taken_away(colours: Library) -> None:
    at = find(visit(SEARCH), "red")
    assert " selected**" not in said(at) and not at.get("download_button")
    at = press(at, "Select likely results")
    assert " selected**" in said(at) and len(at.get("download_button")) >= 2
    assert " selected**" not in said(press(at, "Select none"))


def test_ticks_beside_results_go_into_a_link_and_come_out_of_it(colours: Library) -> None:
    at = visit(SEARCH, q="red")
    assert not any("selection" in entry["label"] for entry in component(at, "adds"))
    (grid,) = component(at, "cards")
    target = [grid["cards"][0]["id"], grid["cards"][-1]["id"]]
    link = {"q": "red", "library": "Colours"}
    at = visit(SEARCH, **link, carried=f"ticked:{'.'.join(target)}.no.such.<b>")
    assert "**2 selected**" in said(at) and "Not found here: 3 pictures" in at.toast[0].value
    assert "carried" not in at.query_params, "who passes it on passes on no ticks"
    (predictions,) = [entry for entry in component(at.run(), "adds") if "selection" in entry["label"]]
    assert not predictions["off"] and predictions["adds"] == {"carried": f"ticked:{'.'.join(target)}"}
    assert " selected**" not in said(press(at, "Select none").run()), "the link does not tick them again"


# encoders


def test_an_encoder_that_is_not_there_leaves_the_old_one(colours: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ui.shell.sidebar, "encoder_choices", lambda *_: ["embedded", "no/such-model"])
    at = visit(SEARCH)
    picker(at, "Encoder").set_value("no/such-model").run()
    assert "There is no model no/such-model: check its name." in said(at) and "Still in use: Embedded" in said(at)
    assert picker(at, "Encoder").value == "embedded"
    assert cards(find(at, "red"))[0] == "red.png"


@pytest.mark.parametrize(("page", "parameter"), [(SEARCH, "encoder"), ("pages/models.py", "other")])
def test_a_link_asks_before_it_downloads_a_model(
    colours: Library, monkeypatch: pytest.MonkeyPatch, page: str, parameter: str
) -> None:
    opened: list[str] = []
    real = ui.session.encoders.open_encoder

    def open_encoder(name: str, **options: Any) -> Encoder:
        opened.append(name)
        return real("other" if name == "owner/model" else name, **options)

    monkeypatch.setattr(ui.session.encoders, "open_encoder", open_encoder)

    def shown(at: AppTest) -> str | None:
        return picker(at, "Encoder").value if parameter == "encoder" else at.selectbox(parameter).value

    at = visit(page, **{parameter: "owner/model"})
    assert "The link asks for the encoder owner/model, which is not on this computer yet" in said(at)
    assert "owner/model" not in opened and shown(at) != "owner/model"
    assert "Download owner/model (from a link)" in [label.replace("\\", "") for label in labels(at.run())]
    at = at.button(f"linked {parameter} accepted").click().run()
    assert "owner/model" in opened and shown(at) == "owner/model"
    assert "The link asks" not in said(at) and load_settings().get("encoder") is None


def test_a_folder_of_a_link_is_not_opened_unasked(colours: Library, tmp_path: Path) -> None:
    at = visit(SEARCH, encoder=str(tmp_path))
    assert f"Open {tmp_path} (from a link)" in [label.replace("\\", "") for label in labels(at)]
    assert picker(at, "Encoder").value == "embedded"


def test_another_encoder_embeds_what_is_missing_and_can_be_dropped(colours: Library) -> None:
    at = visit(SEARCH, encoder="other")
    at = settled(press(at, "Embed 8 pictures with this encoder"))
    assert cards(find(at, "red"))[0] == "red.png"
    at = at.switch_page(LIBRARY).run()
    at.button("drop colour-1").click().run()
    assert [entry.id for entry in colours.encoders()] == ["colour-2"]


# the library


def test_a_folder_is_counted_first_and_then_added(photos: Path) -> None:
    library = create_library("Mine")
    (photos / "broken.jpg").write_bytes(b"no picture at all")
    at = visit(LIBRARY)
    at.text_input("folder_path").set_value(str(photos))
    at = press(at, "Preview")
    assert "**9 pictures**" in said(at) and library.counts()["ok"] == 0
    at = settled(press(at, "Start"))
    assert "8 added, 1 not readable" in said(at) and at.metric[0].value == "8"
    reasons = at.dataframe[0].value
    assert reasons["file"][0].endswith("broken.jpg") and "Not a picture" in reasons["reason"][0]
    at = press(at, "Close")
    assert "1 file could not be read" in said(at) and at.metric[3].value == "1"


def test_a_folder_that_is_not_there_is_explained() -> None:
    create_library("Mine")
    at = visit(LIBRARY)
    at.text_input("folder_path").set_value("/no/such/folder")
    assert "There is no file or folder '/no/such/folder'" in said(press(at, "Preview"))


def test_uploads_go_into_the_library(encoder: ColorEncoder) -> None:
    library = create_library("Mine")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("folder/green.png", picture("green"))
    at = visit(LIBRARY)
    upload = at.file_uploader[0]
    for name, data in (("../red.png", picture("red")), ("all.zip", archive.getvalue()), ("notes.txt", b"hello")):
        upload.upload(name, data)
    at.form_submit_button("FormSubmitter:upload-Add to library").click().run()
    at = settled(at)
    assert library.counts()["ok"] == 2 and "2 added" in said(at)
    assert at.dataframe[0].value["file"][0] == "notes.txt"
    assert all(Path(path).parent == library.path / "uploads" for path in library.items()["path"].to_pylist())


def test_a_library_of_the_visit_is_in_no_link_and_in_no_other_visit(colours: Library) -> None:
    at = press(visit(LIBRARY), "Start library")
    assert picker(at, "Library").value == ":visit" and "library" not in at.query_params
    assert list_libraries() == [colours.path]
    assert picker(visit(LIBRARY), "Library").options == ["Colours"]


def test_a_click_sent_before_the_switch_was_seen_does_not_undo_it(colours: Library) -> None:
    at = visit(LIBRARY)
    of_the_browser = at._tree.get_widget_states()
    at = press(at, "Start library")
    at = at._run(of_the_browser)  # a message brings the values of all widgets that the browser knows
    assert picker(at, "Library").value == ":visit"


def test_a_library_is_made_and_removed_and_the_photos_stay(colours: Library, photos: Path) -> None:
    at = visit(LIBRARY)
    at = press(at, "Remove this library …")
    assert "Your own files, trained classifiers and concepts stay" in said(at) and "restored" in said(at)
    at = press(at, "Delete")
    assert not colours.path.exists() and (photos / "red.png").exists() and "There is no library yet" in said(at)
    next(widget for widget in at.text_input if widget.label == "Name").set_value("New")
    at = press(at, "Create")
    assert picker(at, "Library").value == "New" and [path.name for path in list_libraries()] == ["New"]
    assert at.text_input("new_library").value == "", "who presses Create again makes no second one, and sees no error"


def test_a_removed_library_can_be_restored_with_its_labels(colours: Library) -> None:
    ids = colours.items()["id"].to_pylist()
    colours.put_labels([Label(item_id, "warmth", "warm", "person") for item_id in ids[:2]])
    at = press(visit(LIBRARY), "Remove this library …")
    assert "2 labels" in said(at)
    at = press(press(at, "Delete"), "Restore")
    assert picker(at, "Library").value == "Colours" and "8 pictures searchable" in said(at)
    assert len(Library(colours.path).labels()) == 2 and "Restore" not in labels(at)


def test_a_query_of_what_to_avoid_alone_says_what_is_missing(colours: Library) -> None:
    assert "This says only what to avoid" in said(find(visit(), "- red"))
    assert "This says only what to avoid" not in said(find(visit(), "blue - red"))


def test_a_query_in_another_script_is_told_that_the_encoder_reads_english(
    colours: Library, encoder: ColorEncoder
) -> None:
    encoder.name = "embedded"
    assert "reads English only" in said(find(visit(), "赤い"))
    assert "reads English only" not in said(find(visit(), "a red café"))


def test_a_library_that_vanishes_while_open_is_left(colours: Library) -> None:
    at = find(visit(SEARCH), "red")
    shutil.rmtree(colours.path)
    assert "no library" in said(at.run())


def test_vanished_pictures_are_told_and_forgotten(colours: Library, photos: Path) -> None:
    (photos / "red.png").unlink()
    at = settled(press(visit(LIBRARY), "Check for changes"))
    assert "1 missing" in said(at) and "1 file missing** since" in said(at)
    assert "1 file missing** since" not in said(press(at, "Remove from library"))
    assert colours.counts()["missing"] == 0


def test_a_job_can_be_stopped_and_keeps_what_it_did(photos: Path, encoder: ColorEncoder, monkeypatch) -> None:
    library = create_library("Mine")
    for number in range(60):
        Image.new("RGB", (40, 40), (number * 4, 90, 90)).save(photos / f"{number}.png")
    fast = encoder.encode_images
    monkeypatch.setattr(encoder, "encode_images", lambda images: (time.sleep(0.2), fast(images))[1])
    at = visit(LIBRARY)
    at.text_input("folder_path").set_value(str(photos))
    at = press(at, "Preview")
    encoder.images_seen = 0  # the estimate has tried some
    at = press(at, "Start")
    while encoder.images_seen == 0:
        time.sleep(0.05)
    at = settled(press(at.run(), "Stop"))
    assert "stopped" in said(at) and 0 < library.counts()["ok"] < 68
    at = at.switch_page(SEARCH).run()
    assert cards(at), "what was done is searchable"


# strangers


def test_hostile_file_names_are_shown_and_not_obeyed(photos: Path, encoder: ColorEncoder) -> None:
    name = "<img src=x onerror=alert(1)> ![a](b) **c** :red[d] $e$.png"
    Image.new("RGB", (90, 60), (255, 0, 0)).save(photos / name)
    library = create_library("Hostile")
    ingest(library, encoder, [photos / name])
    at = visit(SEARCH, q=f"item:{item_id(library, name)} + red")
    at = find(at, "red")
    assert cards(at) == [name]
    request_details(at, item_id(library, name))
    at.run()
    shown = next(element.value for element in at.markdown if "img" in element.value)
    for trick in ("<img", "![a]", "**c**", ":red[", "$e$"):
        assert not re.search(r"(?<!\\)" + re.escape(trick), shown), f"{trick} reaches Markdown unescaped"
    assert not any(element.allow_html for element in at.markdown)


def test_an_unexpected_error_is_an_apology_and_no_trace(colours: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **options: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(ui.widgets.query.image_search, "search", fail)
    at = find(visit(SEARCH), "red")
    assert "Something went wrong" in said(at) and "secret" not in said(at)


@pytest.mark.usefixtures("world")
def test_texts_of_a_folder_are_read_where_asked(tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "notes.md").write_text("# Walls\n\nRed walls.")
    create_library("Papers")
    at = visit(LIBRARY, library="Papers")
    at.text_input("folder_path").set_value(str(folder))
    shown = said(press(at, "Preview"))
    assert "No pictures or videos" in shown and "To add 1 text as well, tick “Also read texts”." in shown
    at = visit(LIBRARY, library="Papers")
    at.text_input("folder_path").set_value(str(folder))
    at.checkbox("folder_texts").check()
    at = press(at, "Preview")
    assert "1 text" in said(at)
    at = settled(press(at, "Start"))
    assert {metric.label: metric.value for metric in visit(LIBRARY, library="Papers").metric}.get("Texts") == "1"
    at = visit(SEARCH, library="Papers", q="red", kind="text")
    (card,) = component(at, "cards")[0]["cards"]
    assert card["about"] == "line 1, Walls: Red walls."
