"""Search video, and what the other pages say of videos, run without a browser."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from fakes import COLORS, ColorEncoder
from media import truncate, write_video
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

import core.media.video_files.container
import ui.components.video_player.video_player
from core import Library, Term, ingest
from core.library.registry import create_library, libraries_folder
from core.media.sampling import Sampling
from core.utils.timecode import format_timecode
from ui.search.export_moments import ClipsState
from ui.widgets.query.box import QueryState

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("world")]


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """A folder of three videos, told apart by their colours, and a picture."""
    folder = tmp_path / "films"
    (folder / "more").mkdir(parents=True)
    write_video(folder / "flags.mp4", ["red", "white", "blue"], seconds_each=8)
    write_video(folder / "wood.mp4", ["green", "orange"], seconds_each=4)
    write_video(folder / "more" / "night.mp4", ["black", "purple"], seconds_each=15)
    Image.new("RGB", (90, 60), COLORS["white"]).save(folder / "snow.png")
    return folder


@pytest.fixture
def library(films: Path, encoder: ColorEncoder) -> Library:
    """A library of them, called Films."""
    library = create_library("Films")
    ingest(library, encoder, [films])
    return library


def names(at: AppTest) -> list[str]:
    """The videos of the answer, best first."""
    return [label.split(". ", 1)[1].replace("\\", "") for label in labels(at) if label[:1].isdigit()]


def player(at: AppTest) -> dict[str, object]:
    (predictions,) = component(at, "turn")
    return predictions


# the answer


def test_a_moment_is_found_and_the_player_stands_at_it(library: Library) -> None:
    at = find(visit(VIDEO), "blue")
    assert "Results for “blue”" in said(at) and names(at)[0] == "flags.mp4"
    shown = player(at)
    assert shown["name"] == "flags.mp4" and shown["time"] == pytest.approx(16, abs=0.6)
    best = shown["moments"][0]
    assert best["start"] == pytest.approx(16, abs=0.6) and best["end"] == pytest.approx(24, abs=0.6)
    assert best["label"] == "0:16–0:24" and best["certain"] and best["src"].endswith(".webp")
    assert at.query_params["video"] == item_id(library, "flags.mp4") and at.query_params["t"] == "16.5"


def test_each_video_has_a_strip_and_a_timeline(library: Library) -> None:
    at = visit(VIDEO, q="blue")
    assert names(at)[0] == "flags.mp4" and len(names(at)) == 3 and "Less certain from here" in said(at)
    strips = component(at, "frames")
    assert len(strips) == len(at.get("plotly_chart")) == 3
    inside = [frame["label"] for frame in strips[0]["frames"] if frame["inside"]]
    assert inside == ["0:20", "0:22"], "the best second is one of the frames"
    assert all(frame["src"] for strip in strips for frame in strip["frames"])
    figure = json.loads(at.get("plotly_chart")[0].proto.spec)
    assert figure["layout"]["xaxis"]["ticktext"][:3] == ["0:00", "0:05", "0:10"]
    assert figure["layout"]["title"]["text"] and figure["layout"]["xaxis"]["title"]["text"]


def test_moments_are_saved_as_a_page(library: Library) -> None:
    at = settled(press(visit(VIDEO, q="blue"), "Create the page"))
    assert any(entry.label.startswith("Download (") for entry in at.get("download_button"))
    assert "Create the page" in labels(find(at, "green")), "other moments are another page"


def test_another_video_is_opened_in_the_same_player(library: Library) -> None:
    at = visit(VIDEO, q="blue")
    turn = player(at)["turn"]
    at.button(f"open {item_id(library, 'night.mp4')}").click().run()
    assert player(at)["name"] == "night.mp4" and player(at)["turn"] > turn
    assert at.query_params["video"] == item_id(library, "night.mp4")
    at = find(at, "green")
    assert player(at)["name"] == "wood.mp4", "another question opens its own best video"


def test_a_link_opens_the_same_video_at_the_same_second(library: Library) -> None:
    night = item_id(library, "night.mp4")
    at = visit(VIDEO, q="blue", video=night, t="21.3")
    assert player(at)["name"] == "night.mp4" and player(at)["time"] == 21.3
    assert at.query_params["video"] == night and at.query_params["t"] == "21.3"


@pytest.mark.parametrize("t", ["nan", "soon", "-5", "1e999"])
def test_a_link_with_an_odd_time_opens_the_beginning(library: Library, t: str) -> None:
    at = visit(VIDEO, q="blue", video=item_id(library, "flags.mp4"), t=t)
    assert player(at)["time"] == 0.0 and player(at)["name"] == "flags.mp4"


def test_a_link_to_a_video_that_is_no_answer_opens_the_best_one(library: Library) -> None:
    assert player(visit(VIDEO, q="blue", video="nowhere", t="3"))["name"] == "flags.mp4"


def test_nothing_that_matches_is_said_above_the_closest(library: Library) -> None:
    at = find(visit(VIDEO), "xylophone")
    assert "Nothing here matches “xylophone”" in said(at) and "The closest all the same" in said(at)
    assert len(names(at)) == 3 and component(at, "turn")


def test_every_video_is_reached_by_showing_more(library: Library, films: Path, encoder: ColorEncoder) -> None:
    for number in range(3):
        write_video(films / f"more {number}.mp4", ["orange"], seconds_each=2)
    ingest(library, encoder, [films])
    at = visit(VIDEO, q="blue", videos="5")
    first = names(at)
    assert len(first) == 5
    at = press(at, "Show 24 more")
    assert names(at)[:5] == first and len(names(at)) == 6 and "Show 24 more" not in labels(at)


def test_a_picture_as_query_gets_no_verdict(library: Library) -> None:
    at = visit(VIDEO, q=f"item:{item_id(library, 'snow.png')}")
    assert "Results for the picture snow.png" in said(at) and "Less certain" not in said(at)
    assert all("%" not in moment["chance"] for moment in player(at)["moments"])
    assert "% match" not in said(at)


def test_the_ranking_can_be_chosen_and_compared(library: Library, films: Path, encoder: ColorEncoder) -> None:
    write_video(films / "sea.mp4", [((96, 42, 183), 20.0)])
    ingest(library, encoder, [films])
    at = visit(VIDEO, q="blue")
    assert names(at)[:2] == ["flags.mp4", "sea.mp4"]
    at.toggle("compare").set_value(True).run()
    lists = [element.value for element in at.markdown if element.value.startswith("1. ")]
    assert [text.split()[1].replace("\\", "") for text in lists] == ["flags.mp4", "flags.mp4", "sea.mp4"]
    assert "▲1" in lists[2] and "▼" in lists[2]
    at.get_by_key("rank").set_value("whole video").run()
    assert names(at)[0] == "sea.mp4"


def test_terms_are_weighted_as_among_pictures(library: Library) -> None:
    at = find(visit(VIDEO), "2:red + blue")
    assert len([widget for widget in at.number_input if "Weight" in widget.label]) == 2
    assert "“red” and “blue”" in said(at)


def test_filters_limit_the_videos(library: Library) -> None:
    at = visit(VIDEO, q="blue", longest="20")
    assert names(at) == ["wood.mp4"] and "Among 1 video, at most 20 s long" in said(at)
    at = visit(VIDEO, q="blue", folder="more")
    assert names(at) == ["night.mp4"]
    at = visit(VIDEO, q="blue", shortest="3600")
    assert "No video matches the filters (at least 1 h 0 min long)" in said(at)
    assert names(press(at, "Clear the filters"))[0] == "flags.mp4"


# other ways to ask


def test_an_uploaded_picture_finds_its_moment(library: Library) -> None:
    at = visit(VIDEO)
    at = settled(at.file_uploader[0].upload("query.png", picture("orange")).run())
    assert names(at)[0] == "wood.mp4" and player(at)["time"] == pytest.approx(4, abs=0.6)
    assert "The page link does not include the uploaded picture" in said(at)


def test_an_uploaded_clip_finds_its_video(library: Library, tmp_path: Path) -> None:
    clip = write_video(tmp_path / "query.mp4", ["black", "purple"], seconds_each=4)
    at = visit(VIDEO)
    at = settled(at.file_uploader[0].upload("query.mp4", clip.read_bytes()).run())
    assert names(at)[0] == "night.mp4" and "your clip" in said(at)


def test_an_uploaded_clip_is_neither_spelled_out_nor_embedded_again(
    library: Library, encoder: ColorEncoder, tmp_path: Path
) -> None:
    class Clip(bytes):
        def __repr__(self) -> str:
            raise AssertionError("a clip of 100 MB would be spelled out in 400")

    clip = write_video(tmp_path / "query.mp4", ["black", "purple"], seconds_each=3, size=(96, 54))
    at = visit(VIDEO)
    state_of(at, QueryState).uploads = [Term("clip", Clip(clip.read_bytes()))]
    seen = encoder.images_seen
    at = settled(at.run())
    assert "your clip" in said(at) and names(at)[0] == "night.mp4" and encoder.images_seen == seen + 12
    at.toggle("compare").set_value(True).run()
    assert "By whole video" in said(at) and encoder.images_seen == seen + 12


def test_a_picture_of_the_library_is_found_in_videos(library: Library) -> None:
    at = visit(SEARCH, q="white")
    assert cards(at) == ["snow.png"] and component(at, "cards")[0]["cards"][0]["find"]
    request_details(at, item_id(library, "snow.png"))
    at = press(at.run(), "Find in videos")
    assert at.title[0].value == "Search video" and at.text_input("q").value == f"item:{item_id(library, 'snow.png')}"
    assert names(at)[0] == "flags.mp4" and player(at)["time"] == pytest.approx(8, abs=0.6)


def test_a_frame_is_a_query_among_videos_and_pictures(library: Library) -> None:
    frame = f"item:{item_id(library, 'flags.mp4')}@12.00"
    at = visit(VIDEO, q=frame)
    assert "the frame at 0:12 of flags.mp4" in said(at) and "frame at 0:12" in said(at)
    at = visit(SEARCH, q=frame)
    assert cards(at) == ["snow.png"]


def test_a_frame_that_is_not_there_is_explained(library: Library) -> None:
    assert "names no frame" in said(visit(VIDEO, q="item:abc@soon"))
    assert "not in this library" in said(visit(VIDEO, q="item:abc@3"))


@pytest.fixture
def textured(tmp_path: Path, encoder: ColorEncoder) -> list[bytes]:
    """Three pictures; the first two are shown by a video of the library Textured, from 0 and from 4 s."""
    dice = np.random.default_rng(1)
    pictures = [
        Image.fromarray(dice.integers(0, 255, (12, 20, 3), np.uint8)).resize((640, 384), Image.Resampling.BICUBIC)
        for _ in range(3)
    ]
    film = write_video(tmp_path / "film.mp4", pictures[:2], seconds_each=4, size=(640, 384))
    ingest(create_library("Textured"), encoder, [film])
    files = []
    for image in pictures:
        buffer = io.BytesIO()
        image.save(buffer, "PNG")
        files.append(buffer.getvalue())
    return files


def test_which_video_holds_this_very_picture(textured: list[bytes]) -> None:
    at = visit(VIDEO)
    at = settled(at.file_uploader[0].upload("held.png", textured[1]).run())
    at = press(at, "Find the video with this exact picture")
    assert "1 video contains this picture" in said(at)
    found = next(element.value for element in at.markdown if "film" in element.value and " at **" in element.value)
    assert 4 <= float(found.split("**0:0")[1].split("**")[0]) <= 8
    at = press(at, "Play")
    assert 4 <= player(at)["time"] <= 8


def test_a_located_picture_outlives_embedding_again(
    textured: list[bytes], tmp_path: Path, encoder: ColorEncoder
) -> None:
    at = visit(VIDEO)
    at = settled(at.file_uploader[0].upload("held.png", textured[1]).run())
    at = press(at, "Find the video with this exact picture")
    ingest(Library(libraries_folder() / "Textured"), encoder, [tmp_path / "film.mp4"], Sampling(4))
    assert "Find the video with this exact picture" in labels(at.run()) and not at.exception


def test_a_video_that_cannot_be_compared_is_named(textured: list[bytes], tmp_path: Path) -> None:
    (tmp_path / "film.mp4").unlink()
    at = visit(VIDEO)
    at = settled(at.file_uploader[0].upload("held.png", textured[1]).run())
    shown = said(press(at, "Find the video with this exact picture"))
    assert "1 video could not be read and may contain it" in shown
    assert "film.mp4: The file is not there any more." in shown


def test_no_video_holds_it_is_an_answer(textured: list[bytes]) -> None:
    at = visit(VIDEO)
    at = settled(at.file_uploader[0].upload("other.png", textured[2]).run())
    assert "No video here contains this exact picture" in said(press(at, "Find the video with this exact picture"))
    assert "Find the video with this exact picture" not in labels(find(at, "red"))


# files that no browser plays


def test_a_file_that_browsers_do_not_play_is_shown_as_a_clip(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ui.components.video_player.video_player, "plays_in_browsers", lambda _: False)
    shown = player(visit(VIDEO, q="purple"))
    assert shown["name"] == "night.mp4" and shown["length"] is not None and shown["note"]
    assert shown["offset"] <= shown["time"] <= shown["offset"] + shown["length"]


def test_a_video_that_is_gone_is_told_in_the_player(library: Library, films: Path) -> None:
    (films / "flags.mp4").unlink()
    at = visit(VIDEO, q="blue")
    assert "The file is missing" in said(at) and names(at)[0] == "flags.mp4"


# the other pages


def test_pictures_and_videos_are_told_apart(library: Library) -> None:
    at = visit(HOME)
    assert "1 picture, 3 videos searchable" in said(at)
    shown = {card["name"]: card["video"] for card in component(at, "cards")[0]["cards"]}
    assert shown == {"flags.mp4": "0:24", "wood.mp4": "0:08", "night.mp4": "0:30", "snow.png": ""}
    assert said(visit(SEARCH, q="white")).count("Among 1 picture") == 1
    at = visit(LIBRARY)
    assert [metric.value for metric in at.metric][:3] == ["1", "3", "1:02"]


def test_the_details_of_a_video_play_it_and_lead_on(library: Library) -> None:
    at = visit(HOME)
    request_details(at, item_id(library, "night.mp4"))
    at.run()
    assert player(at)["name"] == "night.mp4" and "0:30 · 320 × 180 px" in said(at)
    at = press(at, "More like this")
    assert at.title[0].value == "Search video" and "the video night.mp4" in said(at)


def test_a_library_without_videos_says_how_to_get_some(photos: Path, encoder: ColorEncoder) -> None:
    ingest(create_library("Pictures"), encoder, [photos])
    at = visit(VIDEO)
    assert "has no searchable videos" in said(at) and "Add videos" in at.page_link[0].label
    assert not component(visit(SEARCH, q="red"), "cards")[0]["cards"][0]["find"]


def test_a_folder_of_videos_is_planned_before_it_is_added(films: Path) -> None:
    library = create_library("Mine")
    at = visit(LIBRARY)
    at.text_input("folder_path").set_value(str(films))
    at = press(at, "Preview")
    assert "**1 picture, 3 videos** (1 min 2 s)" in said(at) and "It will take about" in said(at)
    assert library.counts()["ok"] == 0
    at.get_by_key("folder_plan_fps").set_value(2.0).run()
    at = settled(press(at, "Start"))
    assert "4 added" in said(at) and "1 picture, 3 videos" in said(at)
    assert set(library.samplings("colour-1").values()) == {"2 fps"}
    at.text_input("folder_path").set_value(str(films))
    assert "Nothing new" in said(press(at, "Preview"))


def test_uploaded_videos_are_planned_and_can_be_left(tmp_path: Path) -> None:
    library = create_library("Mine")
    clip = write_video(tmp_path / "clip.mp4", ["red"], seconds_each=3).read_bytes()
    for answer, cached in (("leave", 0), ("start", 1)):
        at = visit(LIBRARY)
        at.file_uploader[0].upload("clip.mp4", clip)
        at.form_submit_button("FormSubmitter:upload-Add to library").click().run()
        assert "**1 video** (3 s)" in said(at) and library.counts()["ok"] == 0
        at = settled(at.button(f"upload_plan_{answer}").click().run())
        assert library.counts()["ok"] == cached == len(list((library.path / "uploads").iterdir()))


def upload(at: AppTest, file: Path) -> AppTest:
    at.file_uploader[0].upload(file.name, file.read_bytes())
    return at.form_submit_button("FormSubmitter:upload-Add to library").click().run()


def test_a_second_upload_joins_the_plan_of_the_first(tmp_path: Path) -> None:
    library, other = create_library("Mine"), create_library("Other")
    files = [write_video(tmp_path / f"{color}.mp4", [color], seconds_each=3) for color in ("red", "blue", "green")]
    at = upload(upload(visit(LIBRARY, library="Mine"), files[0]), files[1])
    assert "**2 videos** (6 s)" in said(at)
    at = upload(picker(at, "Library").set_value("Other").run(), files[2])
    assert "**1 video** (3 s)" in said(at)
    settled(picker(at, "Library").set_value("Mine").run().button("upload_plan_start").click().run())
    assert library.counts()["ok"] == 2 and other.counts()["ok"] == 0


def test_leaving_a_plan_keeps_what_somebody_else_uploaded(tmp_path: Path) -> None:
    library = create_library("Mine")
    theirs, mine = (write_video(tmp_path / f"{name}.mp4", [name], seconds_each=3) for name in ("red", "blue"))
    upload(visit(LIBRARY), theirs)
    at = upload(upload(visit(LIBRARY), theirs), mine)
    assert "**2 videos**" in said(at)
    at.button("upload_plan_leave").click().run()
    assert [path.name.split("-")[0] for path in (library.path / "uploads").iterdir()] == ["red"]


def test_a_damaged_video_is_listed_with_how_much_was_read(films: Path, encoder: ColorEncoder) -> None:
    path = films / "cut.mkv"
    truncate(write_video(path, ["red", "white", "blue", "green"], seconds_each=10), 0.5)
    library = create_library("Films")
    ingest(library, encoder, [path])
    at = visit(LIBRARY)
    assert "1 file could be read in part" in said(at)
    assert "Only the first" in at.dataframe[0].value["reason"][0]


def test_hostile_names_of_videos_are_not_obeyed(tmp_path: Path, encoder: ColorEncoder) -> None:
    name = "<img src=x onerror=alert(1)> ![a](b) **c** :red[d] $e$.mp4"
    write_video(tmp_path / "plain.mp4", ["red"], seconds_each=3).rename(tmp_path / name)
    ingest(create_library("Hostile"), encoder, [tmp_path / name])
    at = visit(VIDEO, q="red", compare="true")
    assert player(at)["name"] == name
    shown = [*labels(at), *(element.value for element in at.markdown)]
    assert sum("onerror" in text for text in shown) == 4, "a button, and three rankings"
    for trick in ("<img", "![a]", "**c**", ":red[d", "$e$"):
        assert not any(re.search(r"(?<!\\)" + re.escape(trick), text) for text in shown)


# taking moments away


def test_moments_are_taken_away(library: Library) -> None:
    at = find(visit(VIDEO), "blue")
    downloads = [element.proto.label for element in at.get("download_button")]
    assert downloads == ["Table (CSV)", "Timeline (OTIO)", "Timeline (EDL)"]
    at = press(at, "Cut the clips (zip)")
    assert any(element.proto.label.startswith("Save the clips") for element in at.get("download_button"))
    with zipfile.ZipFile(io.BytesIO(state_of(at, ClipsState).archive)) as archive:
        clips = [name for name in archive.namelist() if name.endswith(".mp4")]
        assert clips and clips[0].startswith("001 flags")
        assert core.media.video_files.container.is_playable(archive.read(clips[0]))


def told_moments(at: AppTest) -> tuple[int, int]:
    """How many moments, of how many videos, the export says it has."""
    found = re.search(r"(\d+) moments? of (\d+) videos?, best first", said(at))
    assert found is not None
    return int(found[1]), int(found[2])


def test_only_certain_moments_are_taken_away_unless_all_are_asked_for(
    library: Library, films: Path, encoder: ColorEncoder
) -> None:
    write_video(films / "sea.mp4", ["blue", "orange", (115, 38, 172), "orange"], seconds_each=4)
    ingest(library, encoder, [films])
    at = find(visit(VIDEO), "blue")
    certain, of_videos = told_moments(at)
    assert names(at)[:2] == ["flags.mp4", "sea.mp4"] and 2 <= of_videos < len(names(at))
    at = press(at, "Cut the clips (zip)")
    with zipfile.ZipFile(io.BytesIO(state_of(at, ClipsState).archive)) as archive:
        assert len([name for name in archive.namelist() if name.endswith(".mp4")]) == certain
    at.toggle("all_moments").set_value(True).run()
    moments, of_videos = told_moments(at)
    assert moments > certain and of_videos == len(names(at))
    at = find(at, "xylophone")
    assert told_moments(at)[1] == len(names(at)), "where nothing matches, the closest are taken away"


def test_timecodes_are_those_of_players() -> None:
    assert [format_timecode(s) for s in (0, 7.96, 754, 3723, -1)] == ["0:00", "0:07", "12:34", "1:02:03", "0:00"]
    assert format_timecode(7.46, within=12.0) == "0:07.5" and format_timecode(59.96, within=20) == "1:00.0"
