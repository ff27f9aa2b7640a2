"""Explore as a visitor meets it, without a browser: asked for, laid out, searched, selected from, taken away."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import COLORS, ColorEncoder
from media import write_video
from PIL import Image
from session import state_of
from streamlit.testing.v1 import AppTest
from visiting import SEARCH, called_here, component, item_id, labels, press, said, settled, visit

from core import Library, ingest
from core.explore.atlas import build_atlas
from core.library.registry import create_library
from core.search import Term, search
from ui.explore.selection_state import ExploreState, SelectionState
from ui.widgets.query.box import QueryState

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("world")]
EXPLORE = "pages/explore.py"
ASK = "Lay out the map"
EVERYWHERE = ((-99.0, -99.0), (99.0, -99.0), (99.0, 99.0), (-99.0, 99.0))


@pytest.fixture
def shades(tmp_path: Path, encoder: ColorEncoder) -> Library:
    """Folders red, green and blue of six shades each."""
    for name in ("red", "green", "blue"):
        folder = tmp_path / "shades" / name
        folder.mkdir(parents=True)
        for number in range(6):
            color = tuple(max(0, part - 6 * number) for part in COLORS[name])
            Image.new("RGB", (40, 30), color).save(folder / f"{name}{number}.png")
    library = create_library("Shades")
    ingest(library, encoder, [tmp_path / "shades"])
    return library


def laid_out(**link: str) -> AppTest:
    """The page with the map of a link."""
    return settled(visit(EXPLORE, **{"layout": "PCA", "k": "3"} | link))


def shown(at: AppTest) -> dict:
    """What the map is told."""
    return component(at, "names")[0]


def cards(at: AppTest) -> list[str]:
    """The names of the pictures in the gallery."""
    return [card["name"] for card in component(at, "cards")[0]["cards"]]


def bits(packed: str | None, count: int) -> np.ndarray:
    assert packed is not None
    return np.unpackbits(np.frombuffer(base64.b64decode(packed), np.uint8), count=count, bitorder="little").astype(bool)


def choose(at: AppTest, chosen: SelectionState | None) -> AppTest:
    """Selects as the map does when somebody draws on it."""
    state_of(at, ExploreState).chosen = chosen
    return at.run()


def cluster_holding(at: AppTest, name: str) -> int:
    """The number of the cluster whose pictures have this name."""
    for number in range(len(shown(at)["names"])):
        if any(card.startswith(name) for card in cards(choose(at, SelectionState("cluster", number)))):
            return number
    raise AssertionError(name)


# before anything is there


def test_without_a_library_the_page_says_what_to_do() -> None:
    at = visit(EXPLORE)
    assert "no library to explore" in said(at) and at.page_link


def test_an_empty_library_is_told_from_one_without_vectors(shades: Library) -> None:
    create_library("Empty")
    assert "Empty has no pictures or videos yet" in said(visit(EXPLORE, library="Empty"))
    at = visit(EXPLORE, library="Shades", encoder="other")
    assert "not embedded with this encoder yet" in said(at) and ASK not in labels(at)


def test_the_map_lays_itself_out(shades: Library) -> None:
    at = settled(visit(EXPLORE))
    assert ASK not in labels(at) and component(at, "names")


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_few_pictures_are_a_map_too(tmp_path: Path, encoder: ColorEncoder, count: int) -> None:
    for name in list(COLORS)[:count]:
        Image.new("RGB", (40, 30), COLORS[name]).save(tmp_path / f"{name}.png")
    ingest(create_library("Few"), encoder, [tmp_path])
    at = settled(visit(EXPLORE))
    assert not at.exception and not at.error and len(shown(at)["names"]) >= 1
    assert len(cards(choose(at, SelectionState("line", EVERYWHERE)))) == count


def test_filters_that_leave_nothing_say_so(shades: Library) -> None:
    at = visit(EXPLORE, before="1970-01-02")
    assert "Nothing matches the filters" in said(at)
    assert component(settled(press(at, "Clear the filters")), "names")


# the map


def test_maps_and_clusters_are_worked_out_in_processes_apart(shades: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []

    def call(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        called.append(function.__name__)
        return called_here(function, *args, **kwargs)

    for place in ("core.explore.atlas.run_isolated", "core.explore.projection.run_isolated"):
        monkeypatch.setattr(place, call)
    laid_out(layout="UMAP")
    assert sorted(called) == ["find_clusters", "project_vectors"]


def test_a_map_is_laid_out_and_kept(shades: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    at = laid_out()
    assert "3 clusters" in said(at) and [entry["count"] for entry in shown(at)["legend"]] == ["6", "6", "6"]
    monkeypatch.setattr("core.explore.atlas.find_clusters", lambda *a, **b: pytest.fail("computed again"))
    again = visit(EXPLORE, layout="PCA", k="3")
    assert ASK not in labels(again) and shown(again)["layout"] == shown(at)["layout"]


def test_a_changed_library_is_on_the_map_without_a_click(
    shades: Library, tmp_path: Path, encoder: ColorEncoder
) -> None:
    laid_out()
    Image.new("RGB", (40, 30), COLORS["white"]).save(tmp_path / "shades" / "white.png")
    ingest(shades, encoder, [tmp_path / "shades"])
    assert len(cards(choose(laid_out(), SelectionState("line", EVERYWHERE)))) == 19


def test_the_map_stays_until_the_new_one_is_there(shades: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    at = laid_out()
    before = shown(at)["layout"]
    go_on = threading.Event()
    monkeypatch.setattr("core.explore.atlas.build_atlas", lambda *a, **b: go_on.wait(30) and build_atlas(*a, **b))
    at.number_input("k").set_value(2).run()
    assert "Stop" in labels(at) and shown(at)["layout"] == before and "3 clusters" in said(at)
    go_on.set()
    assert "2 clusters" in said(settled(at))


def test_what_came_later_is_counted_and_all_can_be_laid_out_anew(
    shades: Library, tmp_path: Path, encoder: ColorEncoder
) -> None:
    before = shown(laid_out())["layout"]
    assert "Lay out again" not in labels(laid_out())
    Image.new("RGB", (40, 30), (250, 10, 10)).save(tmp_path / "shades" / "red" / "late.png")
    ingest(shades, encoder, [tmp_path / "shades"])
    at = laid_out()
    assert "1 point added later" in said(at) and shown(at)["layout"] != before
    at = settled(press(at, "Lay out again"))
    assert not at.exception and "added later" not in said(at)
    assert "added later" not in said(laid_out())  # and so it is kept


def test_laying_out_goes_on_while_one_looks_elsewhere_and_can_be_stopped(
    shades: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    monkeypatch.setattr("core.explore.atlas.build_atlas", lambda *a, **b: go_on.wait(30) and build_atlas(*a, **b))
    at = visit(EXPLORE, layout="PCA")
    assert "Stop" in labels(at) and ASK not in labels(at)
    at = at.switch_page(SEARCH).run()
    go_on.set()
    at = settled(at.switch_page(EXPLORE).run())
    assert component(at, "names")
    go_on.clear()
    at = visit(EXPLORE, layout="t-SNE")
    press(at, "Stop")
    go_on.set()
    at = settled(at)
    assert ASK in labels(at) and not component(at, "names")


def test_every_setting_is_in_the_link(shades: Library) -> None:
    at = laid_out(space="3-D", grouping="agglomerative", colour="folder", texts="red\nblue", light="green")
    assert at.get("plotly_chart") and not component(at, "names")
    assert at.radio("grouping").value == "agglomerative" and at.number_input("k").value == 3
    assert {"red", "blue"} <= {*labels(at)} and "highlighted" in said(at)


def test_texts_stand_on_the_map_by_their_words(shades: Library) -> None:
    at = laid_out(texts="red\n<b>blue</b>")
    marks = [entry["text"] for entry in shown(at)["names"] if entry["mark"]]
    assert marks == ["red", "<b>blue</b>"]
    assert ("texts", "2") in [(entry["name"], entry["count"]) for entry in shown(at)["legend"]]
    at = choose(at, SelectionState("line", EVERYWHERE))
    assert "“<b>blue</b>”" in said(at) and len(cards(at)) == 18


def test_a_text_is_put_on_the_map_at_once_and_shows_what_is_near(shades: Library) -> None:
    at = laid_out()
    before = shown(at)["names"]
    at.text_area("texts").set_value("blue").run()
    assert "Stop" not in labels(at), "nothing is laid out again"
    mark, *others = shown(at)["names"]
    assert mark["text"] == "blue" and others == before
    assert "Nearest to “blue”" in said(at) and at.query_params["chosen"] == "near:0"
    assert all(name.startswith("blue") for name in cards(at)[:6])
    again = laid_out(texts="blue", chosen="near:0")
    assert cards(again) == cards(at)


def test_words_search_within_the_selection(shades: Library) -> None:
    at = choose(laid_out(), SelectionState("line", EVERYWHERE))
    at.text_input("within").set_value("green").run()
    assert len(cards(at)) == 18 and all(name.startswith("green") for name in cards(at)[:6])


def test_the_panel_can_be_hidden_and_comes_back_with_a_selection(shades: Library) -> None:
    at = laid_out(panel="false")
    assert not component(at, "rows") and component(at, "names")
    at.text_area("texts").set_value("red").run()
    assert component(at, "rows") and cards(at)


def test_colours_mean_what_is_asked(shades: Library) -> None:
    at = laid_out(colour="folder")
    assert {entry["name"]: entry["count"] for entry in shown(at)["legend"]} == {"red": "6", "green": "6", "blue": "6"}
    at.selectbox("colour").set_value("kind").run()
    assert [(entry["name"], entry["count"]) for entry in shown(at)["legend"]] == [("image", "18")]
    at.selectbox("colour").set_value("date").run()
    assert shown(at)["ramp"]["low"].startswith("20")
    at.selectbox("colour").set_value("score").run()
    assert "Type words to highlight" in said(at) and shown(at)["ramp"] is None
    at.text_input("light").set_value("red").run()
    assert float(shown(at)["ramp"]["high"]) > 0.9


def test_a_typed_query_lights_up_its_hits(shades: Library) -> None:
    at = laid_out()
    assert shown(at)["lit"] is None
    at.text_input("light").set_value("red").run()
    highlighted = bits(shown(at)["lit"], 18)
    paths = shades.index(ColorEncoder()).items["path"].to_pylist()
    assert highlighted.any() and {Path(paths[n]).parent.name for n in np.flatnonzero(highlighted)} == {"red"}
    assert f"{highlighted.sum()} points highlighted" in said(at)
    hits = search(shades, ColorEncoder(), [Term("text", "red")], top_k=100, fold_duplicates=False).hits
    assert {paths[n] for n in np.flatnonzero(highlighted)} == {hit.item.path for hit in hits if hit.likely}
    at.text_input("light").set_value("a + ").run()
    assert "A term is missing" in said(at) and shown(at)["lit"] is None


def test_frames_of_videos_are_points(shades: Library, tmp_path: Path, encoder: ColorEncoder) -> None:
    write_video(tmp_path / "shades" / "clip.mp4", ["red", "blue", "green"])
    ingest(shades, encoder, [tmp_path / "shades"])
    whole = laid_out(of="whole videos", colour="kind")
    assert {entry["name"]: entry["count"] for entry in shown(whole)["legend"]} == {"image": "18", "video": "1"}
    frames = laid_out(of="every frame", colour="kind")
    counts = {entry["name"]: int(entry["count"]) for entry in shown(frames)["legend"]}
    assert counts["image"] == 18 and counts["frame"] >= 3
    assert cards(choose(frames, SelectionState("line", EVERYWHERE))).count("clip.mp4") == 1, "an item shows once"


# the selection


def test_a_line_around_points_shows_them(shades: Library) -> None:
    at = laid_out()
    assert not component(at, "cards")
    at = choose(at, SelectionState("line", EVERYWHERE))
    assert len(cards(at)) == 18 and "18 points selected" in said(at) and bits(shown(at)["chosen"], 18).all()
    assert "18 pictures" in said(at) and at.get("plotly_chart")
    at = press(at, "Clear the selection")
    assert not component(at, "cards") and shown(at)["chosen"] is None


def test_a_line_around_nothing_says_so(shades: Library) -> None:
    at = choose(laid_out(), SelectionState("line", ((50.0, 50.0), (51.0, 50.0), (51.0, 51.0))))
    assert "No points inside this line" in said(at) and not at.error


def test_a_cluster_of_the_list_is_selected_renamed_and_labelled(shades: Library) -> None:
    at = laid_out()
    number = cluster_holding(at, "red")
    row = component(at, "rows")[0]["rows"][number]
    assert row["size"] == "6" and row["chosen"] and row["src"].endswith(".webp")
    assert sorted(cards(at)) == [f"red{n}.png" for n in range(6)]
    at.text_input(f"rename {number}").set_value("<i>warm</i> ones").run()
    assert "<i>warm</i> ones" in [entry["text"] for entry in shown(at)["names"]]
    assert "<i>warm</i> ones" in [entry["name"] for entry in shown(at)["legend"]]
    at = press(at, "Save")
    given = {(entry.item_id, entry.task, entry.label, entry.by) for entry in shades.labels()}
    assert given == {(item_id(shades, f"red{n}.png"), "cluster", "<i>warm</i> ones", "person") for n in range(6)}
    at.selectbox("colour").set_value("label").run()
    assert [entry["count"] for entry in shown(at)["legend"]] == ["6", "12"]


def test_an_emptied_name_is_the_one_in_words_again(shades: Library) -> None:
    at = choose(laid_out(), SelectionState("cluster", 0))
    before = [entry["text"] for entry in shown(at)["names"]]
    at.text_input("rename 0").set_value("mine").run()
    at.text_input("rename 0").set_value("").run()
    assert [entry["text"] for entry in shown(at)["names"]] == before


def test_a_few_cover_the_map_and_the_selection(shades: Library) -> None:
    at = laid_out()
    at.number_input("cover_count").set_value(3).run()
    at = press(at, "Pick")
    assert {name[:3] for name in cards(at)} == {"red", "gre", "blu"}
    number = cluster_holding(at, "blue")
    at = choose(at, SelectionState("cluster", number))
    at.number_input("cover_count").set_value(2).run()
    at = press(at, "Pick")
    assert len(cards(at)) == 2 and all(name.startswith("blue") for name in cards(at))


def test_more_like_this_asks_the_search_page(shades: Library) -> None:
    at = choose(laid_out(), SelectionState("line", EVERYWHERE))
    target = item_id(shades, "red0.png")
    at.session_state["q"], state_of(at, QueryState).place = f"item:{target}", "images"
    at.run()
    assert "picture red0.png" in said(at)


def test_a_large_selection_shows_more_when_asked(tmp_path: Path, encoder: ColorEncoder) -> None:
    for number in range(60):
        Image.new("RGB", (40, 30), (4 * number, 200 - 3 * number, 90)).save(tmp_path / f"{number}.png")
    ingest(create_library("Many"), encoder, [tmp_path])
    at = choose(laid_out(), SelectionState("line", EVERYWHERE))
    assert len(cards(at)) == 48
    assert len(cards(press(at, "Show more (12)"))) == 60


def test_a_selection_goes_with_its_map(shades: Library) -> None:
    at = choose(laid_out(), SelectionState("line", EVERYWHERE))
    at.number_input("k").set_value(2).run()
    at = settled(at)
    assert "2 clusters" in said(at) and not component(at, "cards")


def test_a_link_brings_the_selection_with_it(shades: Library) -> None:
    red = cluster_holding(laid_out(), "red")
    at = laid_out(chosen=f"cover:2/cluster:{red}")
    assert len(cards(at)) == 2 and all(name.startswith("red") for name in cards(at))
    at = choose(at, SelectionState("line", EVERYWHERE))
    link = at.query_params["chosen"]
    assert link.startswith("line:") and len(cards(laid_out(chosen=link))) == len(cards(at)) > 2
    assert "chosen" not in choose(at, None).query_params


@pytest.mark.parametrize("link", ["cluster:99", "cluster:-1", "line:1,2;3", "line:a,b;c,d;e,f", "cover:0", "what"])
def test_a_link_to_no_selection_selects_nothing(shades: Library, link: str) -> None:
    assert not component(laid_out(chosen=link), "cards")
