"""Clean up as a visitor meets it, without a browser: nothing before it is asked for, findings, a choice, lists."""

from __future__ import annotations

import csv
import io
import re
import shutil
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import ColorEncoder
from media import write_video
from PIL import Image, ImageFilter
from session import picker
from streamlit.testing.v1 import AppTest
from visiting import SEARCH, VIDEO, component, labels, press, said, settled, visit

import ui.cleanup.duplicates
import ui.cleanup.selection
from core import Library, ingest
from core.errors import DataError
from core.library.registry import create_library
from core.library.schema import Item
from core.progress import Task

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("world")]
CLEAN_UP = "pages/clean_up.py"
HOSTILE = "<img src=x onerror=alert(1)> ![a](b) **c** :red[d] $e$.png"


def photo(seed: int, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """A picture like no other, with edges at all sizes."""
    rng = np.random.default_rng(seed)
    layers = [rng.integers(0, 255, (side * 3, side * 4, 3), np.uint8) for side in (2, 8, 40)]
    large = [np.asarray(Image.fromarray(layer).resize(size, Image.Resampling.NEAREST), float) for layer in layers]
    return Image.fromarray((0.6 * large[0] + 0.25 * large[1] + 0.15 * large[2]).astype(np.uint8))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six photos; of the first an equal file and a small one, of the second one of another folder; a dark, a blurred
    and a tiny one; two that cannot be read."""
    folder = tmp_path_factory.mktemp("drawn")
    for name in ("train", "test"):
        (folder / name).mkdir()
    for seed in range(6):
        photo(seed).save(folder / "train" / f"photo{seed}.png")
    (folder / "train" / "equal.png").write_bytes((folder / "train" / "photo0.png").read_bytes())
    photo(0).resize((160, 120), Image.Resampling.LANCZOS).save(folder / "train" / "little.jpg", quality=90)
    photo(1).save(folder / "test" / "leak.jpg", quality=90)
    photo(7).save(folder / "test" / "other.png")
    photo(8).point(lambda value: value // 12).save(folder / "test" / "night.png")
    photo(9).filter(ImageFilter.GaussianBlur(9)).save(folder / "test" / "shaken.png")
    photo(10, (64, 48)).save(folder / "test" / "tiny.png")
    (folder / "test" / "broken.jpg").write_bytes(b"no picture at all")
    (folder / "test" / "empty.png").write_bytes(b"")
    return folder


@pytest.fixture
def mess(drawn: Path, tmp_path: Path, encoder: ColorEncoder) -> Library:
    """A library of what was `drawn`."""
    folder = shutil.copytree(drawn, tmp_path / "mess")
    library = create_library("Mess")
    ingest(library, encoder, [folder])
    return library


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """What the buttons would save, by file name, as of the last run of the page."""
    files: dict[str, bytes] = {}

    def button(*_: Any, data: Any, file_name: str, disabled: bool = False, **__: Any) -> None:
        files.pop(file_name, None)
        if not disabled:
            files[file_name] = data()

    monkeypatch.setattr("ui.cleanup.selection.st.download_button", button)
    return files


def shown(at: AppTest) -> list[dict[str, Any]]:
    """The cards of the gallery."""
    found = component(at, "cards")
    return found[0]["cards"] if found else []


def names(at: AppTest) -> list[str]:
    return [card["name"] for card in shown(at)]


def groups(at: AppTest) -> list[list[str]]:
    """The names of each frame, the best first."""
    found: dict[str, list[str]] = {}
    for card in shown(at):
        found.setdefault(card["section"], []).append(card["name"] + (f" ({card['badge']})" if card["badge"] else ""))
    return list(found.values())


def ticked(at: AppTest) -> set[str]:
    """The names of the shown pictures that have a tick."""
    predictions = component(at, "cards")[0]
    return {card["name"] for card in predictions["cards"] if card["id"] in predictions["forced"]["ids"]}


def ask(at: AppTest, label: str) -> AppTest:
    return settled(press(at, label))


def section(at: AppTest, name: str) -> AppTest:
    return at.segmented_control("section").set_value(name).run()


# what is found


def test_without_a_library_and_in_an_empty_one_it_says_so() -> None:
    assert "no library to clean up" in said(visit(CLEAN_UP))
    create_library("Empty")
    for name, predictions in (
        ("Duplicates", "has no pictures or videos yet"),
        ("Outliers", "has no pictures or videos yet"),
        ("Unreadable", "Every file could be read"),
        ("Too small", "There is no file less than"),
        ("Blurred", "holds no pictures"),
        ("Two folders", "has no pictures or videos yet"),
    ):
        assert predictions in said(visit(CLEAN_UP, section=name))


def test_nothing_is_computed_before_somebody_asks(mess: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise AssertionError("nobody asked")

    for name in (
        "ui.cleanup.duplicates.find_library_duplicates",
        "ui.cleanup.outliers.find_library_outliers",
        "ui.cleanup.quality.measure_library_quality",
    ):
        monkeypatch.setattr(name, fail)
    for name, label in (
        ("Duplicates", "Find duplicates"),
        ("Outliers", "Find outliers"),
        ("Blurred", "Measure the pictures"),
    ):
        at = visit(CLEAN_UP, section=name)
        assert label in labels(at) and not at.error and not shown(at)


def test_duplicates_stand_in_groups_the_best_first(mess: Library) -> None:
    at = ask(visit(CLEAN_UP), "Find duplicates")
    found = sorted(groups(at), key=len)
    assert [len(group) for group in found] == [2, 3] and "#### 2 groups of copies; 3 files could be removed" in said(at)
    assert set(found[0]) == {"photo1.png (best)", "leak.jpg"} and "little.jpg" in found[1]
    by_name = {card["name"]: card for card in shown(at)}
    assert "160 × 120" in by_name["little.jpg"]["chance_text"] and float(by_name["little.jpg"]["score"]) > 0.9
    assert {card["about"] for card in shown(at) if card["badge"]} == {
        "the most pixels",
        "the largest file of this size",
    }


def test_all_but_the_best_are_chosen_and_taken_back(mess: Library, taken: dict[str, bytes]) -> None:
    at = ask(visit(CLEAN_UP), "Find duplicates")
    assert "**0 chosen**" in said(at)
    at = press(at, "Choose all but the best")
    best = {card["name"] for card in shown(at) if card["badge"]}
    assert "**3 chosen** · " in said(at) and ticked(at) == set(names(at)) - best
    rows = {Path(row["path"]).name: row for row in csv.DictReader(io.StringIO(taken["clean-up.csv"].decode()))}
    assert set(rows) == ticked(at) and Path(rows["leak.jpg"]["best_copy"]).name == "photo1.png"
    assert rows["leak.jpg"]["why"] == "nearly the same as photo1.png" and 0.9 < float(rows["leak.jpg"]["cosine"]) <= 1
    paths = taken["clean-up.txt"].decode().splitlines()
    assert {Path(path).name for path in paths} == ticked(at) and all(Path(path).is_file() for path in paths)
    assert taken["clean-up.nul"].decode().split("\0")[:-1] == paths
    assert "**0 chosen**" in said(press(at, "Unselect 3"))


def test_a_group_that_would_go_as_a_whole_is_warned_of(mess: Library) -> None:
    at = press(ask(visit(CLEAN_UP), "Find duplicates"), "Choose all but the best")
    assert not at.warning
    at = section(at, "Two folders")
    at = section(at, "Too small")
    at.slider("small").set_value(400).run()
    at = press(at, f"Choose all {len(names(at)):,}")
    assert "including the best" in section(at, "Duplicates").warning[0].value


def test_files_that_cannot_be_read_say_why(mess: Library) -> None:
    at = visit(CLEAN_UP, section="Unreadable")
    found = {card["name"]: card for card in shown(at)}
    assert set(found) == {"broken.jpg", "empty.png"} and "#### 2 files" in said(at)
    assert "Not a picture" in found["broken.jpg"]["note"] and not found["broken.jpg"]["like"]


def test_small_blurred_and_dark_pictures_by_limits_that_move(mess: Library) -> None:
    at = visit(CLEAN_UP, section="Too small")
    assert names(at) == ["tiny.png", "little.jpg"]
    assert names(at.slider("small").set_value(100).run()) == ["tiny.png"]
    at = ask(section(at, "Blurred"), "Measure the pictures")
    assert names(at)[0] == "shaken.png" and set(names(at)) <= {"shaken.png", "night.png"}, "the dark one tells little"
    assert "sharpness" in shown(at)[0]["about"]
    assert "There is no file with a sharpness below 0" in said(at.slider("blurred").set_value(0.0).run())
    at = section(at, "Too dark")
    assert names(at) == ["night.png"], "measured once for both"
    assert len(names(at.slider("dark").set_value(50).run())) > 1


def test_outliers_come_first_with_why_and_with_what_is_nearest(encoder: ColorEncoder, tmp_path: Path) -> None:
    folder = tmp_path / "reds"
    folder.mkdir()
    for number in range(30):
        Image.new("RGB", (90, 60), (225 - number, 30 + number, 30)).save(folder / f"red{number}.png")
    photo(3).save(folder / "odd.png")
    ingest(create_library("Reds"), encoder, [folder])
    at = ask(visit(CLEAN_UP, section="Outliers"), "Find outliers")
    first = shown(at)[0]
    assert first["name"] == "odd.png" and "cosine" in first["about"] and float(first["score"]) > 0.5
    assert len(first["near"]) == 4 and all(entry["name"].startswith("red") for entry in first["near"])
    at.slider("unusual").set_value(1.0).run()
    assert "Nothing here is that unusual" in said(at)


def test_files_of_one_folder_with_a_copy_in_the_other(mess: Library, tmp_path: Path) -> None:
    at = visit(CLEAN_UP, section="Two folders")
    train, test = (str(tmp_path / "mess" / name) for name in ("train", "test"))
    at.selectbox("of_folder").set_value(train).run()
    at.selectbox("in_folder").set_value(train).run()
    assert "two different folders" in said(at)
    at.selectbox("in_folder").set_value(test).run()
    at = ask(at, "Compare folders")
    assert groups(at) == [["leak.jpg (in test)", "photo1.png"]]
    at = press(at, "Choose all of train")
    assert ticked(at) == {"photo1.png"}


# the choice


def test_the_choice_stays_over_sections_and_pages_and_adds_up(mess: Library, taken: dict[str, bytes]) -> None:
    at = press(visit(CLEAN_UP, section="Unreadable"), "Choose all 2")
    at = section(at, "Too small")
    assert "**2 chosen**" in said(at) and ticked(at) == set()
    at = press(at, "Choose all 2")
    at = at.switch_page(SEARCH).run().switch_page(CLEAN_UP).run()
    assert "**4 chosen**" in said(at) and len(taken["clean-up.txt"].splitlines()) == 4
    at = section(at, "Unreadable")
    assert ticked(at) == {"broken.jpg", "empty.png"}
    at = press(at, "Choose none")
    assert "**0 chosen**" in said(at) and ticked(at) == set()


def test_each_library_has_its_own_choice(mess: Library, encoder: ColorEncoder, tmp_path: Path) -> None:
    at = press(visit(CLEAN_UP, section="Unreadable", library="Mess"), "Choose all 2")
    create_library("Another")
    at.run()
    picker(at, "Library").set_value("Another").run()
    assert "**0 chosen**" in said(at)
    picker(at, "Library").set_value("Mess").run()
    assert "**2 chosen**" in said(at)


def test_ticks_go_into_a_link_and_come_out_of_it(mess: Library, taken: dict[str, bytes]) -> None:
    at = press(visit(CLEAN_UP, section="Unreadable"), "Choose all 2")
    (predictions,) = [entry for entry in component(at, "adds") if "selection" in entry["label"]]
    other = visit(CLEAN_UP, section="Unreadable", library="Mess", **predictions["adds"])
    assert "**2 chosen**" in said(other) and ticked(other) == {"broken.jpg", "empty.png"}
    other.run()
    assert b"Ticked in a link" not in taken["clean-up.csv"], "the section that finds them knows why"
    other = press(other, "Choose none")
    assert "**0 chosen**" in said(other.run()), "the link does not tick them again"
    other = visit(CLEAN_UP, section="Unreadable", library="Mess", carried="ticked:no.such.<b>")
    assert "**0 chosen**" in said(other) and "Not found here: 3 files" in other.toast[0].value


def test_the_chosen_are_labelled_and_the_files_stay(mess: Library) -> None:
    before = {path: path.read_bytes() for path in map(Path, mess.items()["path"].to_pylist())}
    at = press(visit(CLEAN_UP, section="Unreadable"), "Choose all 2")
    at.text_input("clean_label").set_value("bin it").run()
    press(at, "Label them")
    assert [(label.task, label.label, label.by) for label in mess.labels()] == [("clean up", "bin it", "person")] * 2
    assert {path: path.read_bytes() for path in before} == before


def test_hostile_names_stay_whole_and_are_not_obeyed(encoder: ColorEncoder, tmp_path: Path, taken: Any) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    for name in (HOSTILE, "line\nbreak.png", "=1+1.png"):
        Image.new("RGB", (20, 20), "red").save(folder / name)
    ingest(create_library("Odd"), encoder, [folder])
    at = press(visit(CLEAN_UP, section="Too small"), "Choose all 3")
    assert HOSTILE in names(at) and "contains a line break" in said(at)
    assert "clean-up.txt" not in taken, "one a line would name other files"
    assert set(taken["clean-up.nul"].decode().split("\0")[:-1]) == {str(path) for path in folder.iterdir()}
    at = ask(section(at, "Duplicates"), "Find duplicates")
    written = "\n".join(str(entry.value) for kind in (at.markdown, at.caption, at.warning) for entry in kind)
    for trick in ("<img", "![a]", "**c**", ":red[", "$e$"):
        assert not re.search(r"(?<!\\)" + re.escape(trick), written), f"{trick} reaches Markdown unescaped"


def test_ten_thousand_findings_come_in_pages(taken: dict[str, bytes]) -> None:
    library = create_library("Many")
    library.put_items(
        [Item(f"{n:05d}", f"/nowhere/{n:05d}.jpg", "image", "failed", 1000, 0, reason="Gone") for n in range(10_000)]
    )
    at = visit(CLEAN_UP, section="Unreadable")
    assert "#### 10,000 files" in said(at) and names(at)[0] == "00000.jpg" and len(names(at)) <= 60
    at.session_state["unreadable page"] = 2
    assert names(at.run())[0] == "00048.jpg"
    at = press(at, "Choose all 10,000")
    assert "**10,000 chosen** · 10.0 MB" in said(at) and len(taken["clean-up.csv"].splitlines()) == 10_001


# long work


def test_work_can_be_stopped_and_asked_for_again(mess: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, real = threading.Event(), ui.cleanup.duplicates.find_library_duplicates

    def slow(*args: Any, task: Task, **options: Any) -> Any:
        begun.set()
        assert task.cancel is not None and task.cancel.wait(60)
        raise DataError("Stopped before there was anything to show.")

    monkeypatch.setattr(ui.cleanup.duplicates, "find_library_duplicates", slow)
    at = press(visit(CLEAN_UP), "Find duplicates")
    assert begun.wait(10) and at.progress and "Find duplicates" not in labels(at)
    at = settled(press(at, "Stop"))
    assert "Stopped." in said(at) and not at.error
    monkeypatch.setattr(ui.cleanup.duplicates, "find_library_duplicates", real)
    assert len(groups(ask(at, "Find duplicates"))) == 2


def test_what_fails_says_why_and_can_be_tried_again(mess: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise DataError("There is nothing *here* to compare.")

    monkeypatch.setattr(ui.cleanup.duplicates, "find_library_duplicates", fail)
    at = ask(visit(CLEAN_UP), "Find duplicates")
    assert "There is nothing *here* to compare." in said(at) and "Find duplicates" in labels(at)


def test_a_result_stays_for_the_visit_and_says_when_the_library_has_changed(
    mess: Library, encoder: ColorEncoder, tmp_path: Path
) -> None:
    at = ask(visit(CLEAN_UP), "Find duplicates")
    at = at.switch_page(VIDEO).run().switch_page(CLEAN_UP).run()
    assert len(groups(at)) == 2 and "Find duplicates" not in labels(at) and "Refresh" not in labels(at)
    photo(7).save(tmp_path / "mess" / "train" / "new.jpg", quality=90)
    ingest(mess, encoder, [tmp_path / "mess"])
    at.run()
    assert len(groups(at)) == 2 and "has changed since" in said(at)
    at = ask(at, "Refresh")
    assert len(groups(at)) == 3 and "has changed since" not in said(at)


def test_a_picture_that_a_video_shows_is_not_chosen_for_it(encoder: ColorEncoder, tmp_path: Path) -> None:
    folder = tmp_path / "reels"
    folder.mkdir()
    photo(20, (160, 120)).save(folder / "still.png")
    photo(21).save(folder / "other.png")
    write_video(folder / "reel.mp4", [photo(22), photo(20), photo(23)], size=(640, 480), seconds_each=4, gop=5)
    ingest(create_library("Reels"), encoder, [folder])
    at = visit(CLEAN_UP)
    assert "No file here is a copy" in said(ask(at, "Find duplicates"))
    at.toggle("frames").set_value(True).run()
    at = ask(at, "Find duplicates")
    assert groups(at) == [["still.png (best)", "reel.mp4"]] and "Choose all but the best" not in labels(at)
    video = shown(at)[1]
    assert video["video"] in ("0:05", "0:06", "0:07"), "the second at which it shows the picture"
