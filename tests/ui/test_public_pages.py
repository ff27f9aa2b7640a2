"""The pages under SEMBLANCE_PUBLIC=1, without a browser: what they must not show, offer, keep or mix up."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes import COLORS, ColorEncoder
from media import write_video
from PIL import Image
from session import picker, request_details, state_of
from streamlit.testing.v1 import AppTest
from visiting import (
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

import ui.session.encoders
import ui.widgets.query.image_search
from core import Library, ingest
from core.config import load_settings
from core.library.public.keyed_ids import seal
from core.library.registry import create_library, list_libraries, remember_library
from core.library.schema import Label
from ui.recommend.session import RecommendState
from ui.session.libraries import VisitLibrary
from ui.session.visit import VisitState
from ui.widgets.query.box import QueryState

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("world")]
PAGES = sorted(f"pages/{path.name}" for path in Path(__file__).parents[2].joinpath("pages").glob("*.py"))
CLASSIFY, CLEAN, EXPLORE, LAB = "pages/classify.py", "pages/clean_up.py", "pages/explore.py", "pages/lab.py"
CLASSES = "red\ngreen\nblue"
FORBIDDEN = (
    "Build the sample library", "Check for changes", "Remove this library …", "Delete vectors", "Remove from library",
    "Delete log", "Preview", "Open", "Create", "Add to library", "Tag them", "Remove all tags", "Save concept",
    "Label them", "Save", "Delete", "Lay out again",
)  # fmt: skip
HOSTILE = "<img src=x onerror=alert(1)>.png"
TEXT = "<script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.fixture
def shared(tmp_path: Path, photos: Path, encoder: ColorEncoder, monkeypatch: pytest.MonkeyPatch) -> Library:
    """A library as its operator made it: with a broken, a vanished and a hostile file, labels, and an encoder that
    misses some; then the doors are opened."""
    for name, data in ((HOSTILE, picture("red")), ("broken.jpg", b"no picture"), ("gone.png", picture("blue"))):
        (photos / name).write_bytes(data)
    library = create_library("Shared")
    ingest(library, encoder, [photos])
    (photos / "gone.png").unlink()
    ingest(library, encoder, [photos])
    for row in library.items().to_pylist():
        if row["status"] == "ok":
            library.put_labels([Label(row["id"], "classes", "warm" if row["width"] % 2 else "cold", "person")])
    monkeypatch.setenv("SEMBLANCE_PUBLIC", "1")
    return library


def rendered(at: AppTest) -> bytes:
    """All that the browser is sent: texts, tables, charts, options, data of components."""

    def walk(node: Any) -> Iterator[Any]:
        yield node
        for child in (getattr(node, "children", None) or {}).values():
            yield from walk(child)

    protos = [getattr(node, "proto", None) for node in walk(at._tree)]
    return b"\n".join(proto.SerializeToString() for proto in protos if hasattr(proto, "SerializeToString"))


def check(at: AppTest, tmp_path: Path) -> AppTest:
    """Nothing of the server is told, and nothing is offered that changes what others share."""
    assert not at.exception
    sent = rendered(at) + json.dumps(dict(at.query_params)).encode()
    assert len(sent) > 500
    ids = {item_id for path in list_libraries() for item_id in Library(path).items()["id"].to_pylist()}
    for secret in (str(tmp_path), str(tmp_path.name), json.dumps(str(tmp_path))[1:-1], *ids):
        assert secret.encode() not in sent, f"{secret} in {sent[max(0, sent.index(secret.encode()) - 200) :][:400]!r}"
    buttons = {*labels(at), *(button.label for button in at.form_submit_button)}
    offered = [label for label in buttons if label in FORBIDDEN or label.startswith(("Embed ", "Store my library"))]
    assert not offered, offered
    assert not any(box.label in ("Folder", "Folder on this computer", "Library folder") for box in at.text_input)
    assert "Something went wrong" not in said(at)
    return at


@pytest.mark.parametrize("page", PAGES)
def test_no_page_tells_where_things_lie_or_offers_what_is_not_allowed(
    shared: Library, tmp_path: Path, page: str
) -> None:
    at = check(visit(page, library="Shared"), tmp_path)
    assert "Shared libraries are read-only" in said(at)


@pytest.mark.parametrize("page", PAGES)
def test_pages_without_any_library_are_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str) -> None:
    monkeypatch.setenv("SEMBLANCE_PUBLIC", "1")
    check(visit(page), tmp_path)


@pytest.mark.parametrize(
    ("page", "link", "ask"),
    [
        (SEARCH, {"q": "red"}, None),
        (SEARCH, {"q": "red", "folder": "more"}, None),
        (SEARCH, {"q": "item:nothing"}, None),
        (SEARCH, {"q": "item:SEALED - item:SEALED@soon"}, None),
        (SEARCH, {"q": "red", "carried": "ticked:SEALED"}, None),
        (CLASSIFY, {"classes": CLASSES, "item": "SEALED"}, None),
        (CLEAN, {"carried": "ticked:SEALED"}, None),
        ("pages/recommend.py", {"carried": "liked:SEALED;turn:1"}, None),
        ("pages/pixels.py", {"picture": "SEALED"}, None),
        ("pages/distance.py", {"a": "item:SEALED"}, None),
        ("pages/inside.py", {"picture": "item:SEALED", "a": "item:SEALED"}, None),
        ("pages/one_space.py", {"picture": "item:SEALED"}, None),
        ("pages/explore.py", {"q": "item:SEALED", "layout": "PCA", "k": "2"}, None),
        (CLASSIFY, {"classes": CLASSES}, None),
        (CLASSIFY, {"classes": CLASSES, "from": "folder"}, None),
        (CLEAN, {"section": "Unreadable"}, None),
        (CLEAN, {"section": "Duplicates"}, "Find duplicates"),
        (CLEAN, {"section": "Outliers"}, "Find outliers"),
        (CLEAN, {"section": "Blurred"}, "Measure the pictures"),
        (CLEAN, {"section": "Two folders"}, None),
        (CLEAN, {"section": "Too small", "small": "1200"}, None),
        (EXPLORE, {"layout": "PCA", "k": "2"}, None),
        (EXPLORE, {"layout": "PCA", "k": "2", "folder": "more", "colour": "folder"}, None),
        (LAB, {"least": "2"}, None),
        (LAB, {"labels_from": "labels of a task"}, "Compare methods"),
    ],
)
def test_nor_do_their_answers(
    shared: Library, tmp_path: Path, page: str, link: dict[str, str], ask: str | None
) -> None:
    sealed = seal(item_id(shared, "red.png"))
    at = visit(page, library="Shared", **{name: text.replace("SEALED", sealed) for name, text in link.items()})
    if ask is not None:
        at = press(at, ask)
    check(settled(at), tmp_path)


def test_details_show_a_name_and_no_folder(shared: Library, tmp_path: Path) -> None:
    at = find(visit(SEARCH, library="Shared"), "blue")
    request_details(at, item_id(shared, "blue.png"))
    at = check(at.run(), tmp_path)
    assert "blue.png" in said(at)


def test_errors_lose_their_folders(shared: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **options: Any) -> None:
        from core.errors import LibraryError

        raise LibraryError(f"The library {str(shared.path)!r} cannot be opened: see {tmp_path}/x y/z.lance")

    monkeypatch.setattr(ui.widgets.query.image_search, "search", fail)
    at = check(find(visit(SEARCH, library="Shared"), "red"), tmp_path)
    assert "'Shared' cannot be opened: see z.lance" in said(at)


# links that try to leave


def test_links_reach_only_what_is_listed(shared: Library, tmp_path: Path, encoder: ColorEncoder, photos: Path) -> None:
    hidden = Library(tmp_path / "hidden", create=True)
    ingest(hidden, encoder, [photos / "red.png"])
    for request in ("/etc", str(hidden.path), "../hidden", str(shared.path), ":visit"):
        at = visit(SEARCH, library=request)
        assert "names a library that does not exist here" in said(at), request
        assert picker(at, "Library").options == ["Shared"]


def test_a_library_outside_the_home_is_named_without_its_path(
    photos: Path, tmp_path: Path, encoder: ColorEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = Library(tmp_path / "elsewhere" / "Far", create=True)
    ingest(library, encoder, [photos])
    remember_library(library.path)
    monkeypatch.setenv("SEMBLANCE_PUBLIC", "1")
    at = check(visit(SEARCH), tmp_path)
    assert picker(at, "Library").options == ["Far"]
    link = at.query_params["library"]
    assert str(tmp_path) not in str(link)
    assert cards(find(visit(SEARCH, library=link[0] if isinstance(link, list) else link), "red"))


def test_no_model_is_loaded_for_a_stranger(shared: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    request: list[str] = []
    real = ui.session.encoders.open_encoder

    def open_encoder(name: str, **options: Any) -> Any:
        request.append(name)
        return real(name, **options)

    monkeypatch.setattr(ui.session.encoders, "open_encoder", open_encoder)
    folder = tmp_path / "model"
    folder.mkdir()
    for name in ("some/hub", "owner/model@main", str(folder), "/etc", "../.."):
        at = visit(SEARCH, library="Shared", encoder=name)
        assert "is not available here" in said(at), name
    assert set(request) <= {"embedded"}
    encoders = picker(at, "Encoder")
    assert "openai/clip-vit-base-patch32" not in str(encoders.options)
    assert "Enter any CLIP" not in encoders.help


def test_an_index_of_a_folder_cannot_be_asked_for(shared: Library, photos: Path) -> None:
    at = visit(CLASSIFY, library="Shared", classes=CLASSES, **{"from": "folder"})
    assert at.get("button_group")[0].proto.options[0].content == "library"
    assert not any(option.content == "folder" for group in at.get("button_group") for option in group.proto.options)


def test_links_name_items_by_what_only_this_server_reads(shared: Library, tmp_path: Path) -> None:
    on_disk = item_id(shared, "red.png")
    link = {"library": "Shared", "q": f"item:{seal(on_disk)}"}
    at = check(visit(SEARCH, **link), tmp_path)
    assert "the picture red.png" in said(at) and HOSTILE in cards(at), "a copy of it"
    assert "red.png" in said(check(visit(CLASSIFY, library="Shared", classes=CLASSES, item=seal(on_disk)), tmp_path))
    assert "is not in this library" in said(visit(SEARCH, library="Shared", q=f"item:{on_disk}"))
    assert "is not in this library" in said(visit(CLASSIFY, library="Shared", classes=CLASSES, item=on_disk))


def test_ticks_and_likes_of_strangers_reach_the_right_items(shared: Library, tmp_path: Path) -> None:
    blue = item_id(shared, "blue.png")  # red.png has a copy, behind which it stands
    at = visit(SEARCH, library="Shared", q="blue", carried=f"ticked:{seal(blue)}")
    assert "1 selected" in said(check(at.run(), tmp_path))
    at = visit("pages/recommend.py", library="Shared", carried=f"liked:{seal(blue)};disliked:{blue};turn:1")
    feedback = state_of(at, RecommendState).visits[str(shared.path)].feedback
    assert list(feedback.liked) == [blue] and not feedback.disliked


def test_neither_do_videos(tmp_path: Path, encoder: ColorEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    write_video(tmp_path / "flag.mp4", ["red", "blue"], seconds_each=2)
    library = create_library("Films")
    ingest(library, encoder, [tmp_path / "flag.mp4"])
    monkeypatch.setenv("SEMBLANCE_PUBLIC", "1")
    flag = item_id(library, "flag.mp4")
    at = check(visit(VIDEO, library="Films", q="blue", video=seal(flag), t="1.5"), tmp_path)
    assert at.query_params["video"] == seal(flag) and component(at, "turn")[0]["time"] == 1.5
    check(at.button(f"open {seal(flag)}").click().run(), tmp_path)
    check(visit(VIDEO, library="Films", q=f"item:{seal(flag)}@3"), tmp_path)
    check(visit(CLASSIFY, library="Films", classes=CLASSES, item=seal(flag)), tmp_path)
    at = visit("pages/recommend.py", library="Films")
    request_details(at, flag)
    assert "flag.mp4" in said(check(at.run(), tmp_path)) and component(at, "turn")


# nothing shared is changed


def snapshot(library: Library) -> tuple[object, ...]:
    return (
        library.items().to_pylist(),
        sorted((label.item_id, label.task, label.label) for label in library.labels()),
        [(entry.id, entry.vectors) for entry in library.encoders()],
        load_settings(),
        list_libraries(),
    )


def test_labels_and_heads_are_for_the_visit(shared: Library, tmp_path: Path, encoder: ColorEncoder) -> None:
    before = snapshot(shared)
    at = visit(CLASSIFY, library="Shared", classes=CLASSES, task="mine")
    for name, label in (("red", "red"), ("orange", "red"), ("blue", "blue"), ("green", "blue")):
        tick(at, [seal(item_id(shared, f"{name}.png"))])
        at.selectbox("these_are").set_value(label).run()
        at = press(at, "Correct label")
    assert popover(at, "Train on my labels (4)")
    at = press(press(at, "Train"), "Apply")
    assert at.selectbox("head").options == ["mine"]
    assert snapshot(shared) == before and not (tmp_path / "home" / "heads").exists()
    other = visit(CLASSIFY, library="Shared", classes=CLASSES, task="mine")
    assert not popover(other, "Train on my labels (4)") and not other.selectbox(key="these_are").value
    assert not any(box.key == "head" for box in other.selectbox)


def popover(at: AppTest, label: str) -> bool:
    return label.encode() in rendered(at)


def tick(at: AppTest, ids: list[str]) -> None:
    token = next(
        json.loads(element.proto.json)["token"]
        for element in at.get("bidi_component")
        if "cards" in json.loads(element.proto.json)
    )
    at.session_state["class_gallery"] = {"selected": {"token": token, "ids": ids}}
    at.run()


def test_choosing_another_library_or_encoder_is_not_remembered_for_others(
    shared: Library, photos: Path, encoder: ColorEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = create_library("Also")
    ingest(other, encoder, [photos / "red.png"])
    before = load_settings()
    at = visit(SEARCH, library="Shared")
    picker(at, "Library").set_value("Also").run()
    picker(at, "Encoder").set_value("embedded").run()
    assert load_settings() == before


# one visit and another


def visit_path(at: AppTest) -> Path:
    library = state_of(at, VisitLibrary).library
    assert library is not None
    return library.path


def own_library(at: AppTest, *names: str) -> AppTest:
    """A library of the visit with uploads."""
    at = press(at.switch_page(LIBRARY).run(), "Start library")
    upload = at.file_uploader[0]
    for name in names:
        upload.upload(f"{name}.png", picture(name))
    return settled(at.form_submit_button("FormSubmitter:upload-Add to library").click().run())


def test_a_visit_has_a_library_that_no_other_visit_sees(shared: Library, tmp_path: Path) -> None:
    before = snapshot(shared)
    mine, other = visit(), visit()
    mine = own_library(mine, "red", "blue")
    found = find(mine.switch_page(SEARCH).run(), "red")
    assert cards(found)[0].startswith("red") and picker(found, "Library").value == ":visit"
    place = visit_path(mine)
    for at in (other.run(), visit(SEARCH), visit(SEARCH, library=":visit"), visit(LIBRARY)):
        assert "Only for this visit" not in picker(at, "Library").options
        assert not [name for name in all_cards(at) if name.startswith("red-")]
    theirs = own_library(other, "green")
    assert visit_path(theirs) != place
    names = all_cards(find(theirs.switch_page(SEARCH).run(), "green"))
    assert names and all(name.startswith("green") for name in names)
    assert snapshot(shared) == before
    mine = press(mine.switch_page(LIBRARY).run(), "Remove this library …")
    press(mine, "Delete")
    assert not place.exists()


def all_cards(at: AppTest) -> list[str]:
    predictions = [json.loads(element.proto.json) for element in at.get("bidi_component")]
    return [card["name"] for entry in predictions for card in entry.get("cards", [])]


def test_a_library_of_the_visit_shows_no_path_either(shared: Library, tmp_path: Path) -> None:
    at = own_library(visit(), "red", "blue")
    place = visit_path(at)
    for page in PAGES:
        sent = rendered(at.switch_page(page).run())
        assert str(place.parent).encode() not in sent and str(tmp_path).encode() not in sent, page


def test_uploads_over_the_limit_say_why_on_the_page(shared: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEMBLANCE_MAX_UPLOADS", "1")
    at = own_library(visit(), "red", "blue")
    refused = at.dataframe[0].value
    assert list(refused["file"]) == ["blue.png"] and "keeps 1 files" in refused["reason"][0]


def test_a_picture_to_search_by_has_limits_too(shared: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEMBLANCE_MAX_MEGAPIXELS", "1")
    buffer = io.BytesIO()
    Image.new("RGB", (1300, 1000), COLORS["red"]).save(buffer, "PNG")
    at = visit(SEARCH, library="Shared")
    at.file_uploader[0].upload("large.png", buffer.getvalue()).run()
    assert "over the limit of 1 megapixels" in said(at) and not state_of(at, QueryState).uploads


# text from strangers is text


@pytest.mark.parametrize("page", PAGES)
def test_hostile_names_are_never_html(shared: Library, page: str) -> None:
    at = visit(page, library="Shared", q=TEXT, classes=TEXT.replace(";", ""))
    assert not at.exception
    assert not any(element.allow_html for element in at.markdown)
    assert not any("onerror" in str(element.proto) for element in at.get("html")), "only our own style sheets"


# settings that are wrong


def test_a_second_heavy_job_is_told_about_the_first(
    shared: Library, encoder: ColorEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    from ui.session.queue import QUEUE, Ticket

    at = visit(SEARCH, library="Shared")
    ticket = Ticket(state_of(at, VisitState).visit.id, "Indexing", threading.Event())
    QUEUE.enter(ticket)
    try:
        at = at.switch_page(EXPLORE).run()  # which does not start by itself while another job runs
        at = press(at, "Lay out the map")
        assert "Your other job still runs (Indexing): stop it or wait" in said(at)
        assert "Stop" in labels(at.run())
        press(at, "Stop")
        assert ticket.cancel.is_set()
    finally:
        QUEUE.leave(ticket)
    assert component(settled(press(at, "Lay out the map")), "names")


def test_what_starts_by_itself_lets_what_was_asked_for_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    from ui.session.queue import QUEUE, Ticket

    def page() -> None:
        import streamlit as st

        from ui.jobs.tasks import get_task, start_if_idle
        from ui.session.visit import get_visit

        get_visit()
        if st.checkbox("look"):
            start_if_idle("count", "Counting", lambda task: 3)
            st.write("nothing yet" if get_task("count") is None else "begun")

    monkeypatch.setenv("SEMBLANCE_PUBLIC", "1")
    at = AppTest.from_function(page, default_timeout=60).run()
    ticket = Ticket(state_of(at, VisitState).visit.id, "Indexing", threading.Event())
    QUEUE.enter(ticket)
    try:
        assert "nothing yet" in said(at.checkbox[0].check().run())
    finally:
        QUEUE.leave(ticket)
    assert "begun" in said(at.run())
