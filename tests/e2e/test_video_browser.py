"""Moments in a real browser: found by words and by pictures, and played from there. On the reels of the samples."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from browsing import PHONE, Visitor
from media import write_video
from PIL import Image

from core.library.samples.reels import Shot, reel_plan
from core.library.samples.sources import sample_sources

VIDEO = "search_video"


def shots(photo: str) -> dict[str, Shot]:
    """Reel -> the shot of it that shows a photo."""
    return {reel.file_name: shot for reel in reel_plan() for shot in reel.shots if shot.photo == photo}


def seconds(label: str) -> float:
    """The beginning of "0:22–0:25" or "Go to 0:22–0:25"."""
    minutes, rest = label.split()[-1].split("–")[0].split(":")
    return 60 * int(minutes) + float(rest)


def first_moment(visitor: Visitor, video: int = 0) -> tuple[str, float]:
    """Clicks the best moment of a video of the answer; returns the video's name and the moment's second."""
    title = visitor.page.locator("[class*='st-key-open-']").nth(video).inner_text()
    chip = visitor.page.locator("[class*='st-key-strip-']").nth(video).locator(".moment").first
    start = seconds(chip.locator(".when").inner_text())
    chip.click()
    return title.split(". ", 1)[1].strip(), start


def test_words_find_a_moment_and_a_click_plays_from_it(regular: Visitor) -> None:
    regular.turn_to(VIDEO).search("a cat", told="“a cat”")
    for video in (1, 0):
        name, start = first_moment(regular, video)
        shot = shots("chelsea.png")[name]
        assert abs(start - shot.start_s) <= 1.5, "the moment is where the cat is"
        shown = regular.at_second(start)
        assert shown["ready"] >= 3 and shown["length"] == pytest.approx(shot_end(name), abs=0.5)
        regular.page.wait_for_function(f"new URL(location).searchParams.get('t') == '{start + 0.5:.1f}'")


def shot_end(name: str) -> float:
    return next(reel.shots[-1].end_s for reel in reel_plan() if reel.file_name == name)


def test_an_uploaded_picture_finds_its_moment(visitor: Visitor) -> None:
    with Image.open(sample_sources()["motorcycle.png"]) as photo:
        width, height = photo.size
        part = photo.crop((width // 10, height // 10, width * 9 // 10, height * 9 // 10))
    data = io.BytesIO()
    part.save(data, "PNG")
    visitor.go(VIDEO)
    visitor.page.get_by_role("button", name="Add a picture or clip").click()
    file = {"name": "part.png", "mimeType": "image/png", "buffer": data.getvalue()}
    visitor.page.locator("input[type=file]").set_input_files(file)
    visitor.answer("your picture")
    visitor.page.keyboard.press("Escape")  # the pop-up
    name, start = first_moment(visitor)
    assert abs(start - shots("motorcycle.png")[name].start_s) <= 1.5
    visitor.at_second(start)


def test_a_click_on_the_timeline_seeks(regular: Visitor) -> None:
    regular.turn_to(VIDEO).search("a rocket", told="“a rocket”")
    length = regular.at_second(float(regular.link()["t"]))["length"]
    area = regular.page.locator(".js-plotly-plot .nsewdrag").first
    for share in (0.5, 0.8):
        area.scroll_into_view_if_needed()
        box = area.bounding_box()
        assert box is not None
        regular.page.mouse.click(box["x"] + share * box["width"], box["y"] + box["height"] / 2)
        regular.at_second(share * length)
        regular.settle().page.wait_for_timeout(500)  # two clicks within 0.3 s are one double click to the chart


def test_a_frame_of_the_strip_seeks_and_the_link_follows(regular: Visitor) -> None:
    regular.turn_to(VIDEO).search("a motorbike", told="“a motorbike”")
    frame = regular.page.locator("button.frame").nth(1)
    target = seconds(f"x {frame.locator('.time').inner_text()}–")
    frame.click()
    shown = regular.at_second(target + 0.5)
    regular.page.locator("video").evaluate("video => { video.currentTime = 7 }")  # as its own bar does
    regular.page.wait_for_function("new URL(location).searchParams.get('t') == '7.0'")
    after = regular.at_second(7.0)
    assert after["src"] == shown["src"], "seeking does not load the file again"


def test_the_link_opens_the_same_video_at_the_same_second(visitor: Visitor) -> None:
    visitor.go(VIDEO).search("a cat", told="“a cat”")
    name, start = first_moment(visitor, 1)
    visitor.at_second(start)
    visitor.page.wait_for_function(f"new URL(location).searchParams.get('t') == '{start + 0.5:.1f}'")
    other = Visitor(visitor.site, visitor.page.context.new_page())
    other.page.goto(visitor.page.url)
    other.at_second(start)
    assert other.settle().page.locator("section .name").inner_text() == name
    assert other.page.locator("h4").inner_text() == visitor.page.locator("h4").inner_text()
    assert other.link() == visitor.link()
    other.page.close()


def test_the_next_question_opens_its_own_best_moment(regular: Visitor) -> None:
    regular.turn_to(VIDEO).search("a cat", told="“a cat”")
    first_moment(regular)
    regular.search("a motorbike", told="“a motorbike”")
    assert regular.page.locator("section .name").inner_text() == "in town.mp4"
    assert abs(float(regular.link()["t"]) - shots("motorcycle.png")["in town.mp4"].start_s) <= 1.5


def test_a_picture_of_the_library_is_found_in_videos_and_back(regular: Visitor) -> None:
    regular.turn_to("search_images").search("a cat")
    regular.page.get_by_role("button", name="Find chelsea.png in videos").click()
    regular.page.wait_for_selector("video")
    regular.answer("chelsea.png")
    name, start = first_moment(regular)
    regular.at_second(start)
    assert name in shots("chelsea.png")
    regular.page.get_by_role("button", name="Pictures like this").first.click()
    regular.page.get_by_role("heading", name="Search images").wait_for()
    assert regular.answer("the frame at").names()[0] == "chelsea.png"


def test_a_moment_leads_to_more_like_it(regular: Visitor) -> None:
    regular.turn_to(VIDEO).search("a rocket", told="“a rocket”")
    regular.page.locator("section").get_by_role("button", name="More like this").first.click()
    regular.answer("the frame at")
    assert regular.link()["q"].startswith("item:") and "@" in regular.link()["q"]


def test_clips_are_cut_and_saved(regular: Visitor, tmp_path: Path) -> None:
    regular.turn_to(VIDEO).search("a cat", told="“a cat”")
    regular.page.get_by_role("button", name="Export moments").click()
    regular.page.get_by_role("button", name="Cut the clips (zip)").click()
    save = regular.page.get_by_role("button", name="Save the clips")
    save.wait_for(timeout=60_000)
    with regular.page.expect_download() as download:
        save.click()
    download.value.save_as(tmp_path / "moments.zip")
    with zipfile.ZipFile(tmp_path / "moments.zip") as archive:
        names = archive.namelist()
    assert "moments.csv" in names and sum(name.endswith(".mp4") for name in names) >= 2


def test_a_video_that_browsers_do_not_play_is_uploaded_and_plays(visitor: Visitor, tmp_path: Path) -> None:
    film = write_video(tmp_path / "old.avi", ["red", "white", "blue"], seconds_each=25, codec="mpeg4")
    visitor.go("library")
    visitor.page.get_by_text("Other libraries").click()
    visitor.page.get_by_role("button", name="Start library").click()
    visitor.page.get_by_text("0 pictures searchable").wait_for()
    visitor.page.get_by_role("tab", name="Upload").click()
    visitor.page.get_by_test_id("stTabs").locator("input[type=file]").set_input_files(film)
    visitor.page.get_by_test_id("stFileChip").wait_for()
    visitor.page.get_by_role("button", name="Add to library").click()
    visitor.page.get_by_text("It will take about").wait_for()
    visitor.page.locator(".st-key-upload_plan_start button").click()
    visitor.page.get_by_text("1 added").wait_for()
    visitor.page.get_by_role("link", name="Home").click()
    visitor.page.get_by_role("radio", name="Videos").click()
    visitor.page.get_by_role("heading", name="Search video").wait_for()
    visitor.page.get_by_role("button", name=re.compile("More like old-.*avi")).wait_for()
    visitor.page.get_by_role("searchbox").fill("a flag")
    visitor.page.keyboard.press("Enter")
    visitor.answer("“a flag”")
    if visitor.page.locator("video").count() == 0:
        visitor.page.get_by_text("Show the closest results anyway").click()
    for frame, said in (("last", "1:08"), ("first", r"0:\d\d")):  # too far apart for one clip
        getattr(visitor.page.locator("button.frame"), frame).click()
        visitor.page.get_by_text(re.compile(rf"^{said} of 1:15$")).wait_for()
        shown = visitor.player()
        assert shown["length"] < 45 and 0 < shown["time"] < shown["length"]
    visitor.page.get_by_text("played in clips").wait_for()


def test_the_player_stays_in_sight(visitor: Visitor) -> None:
    for size in ({"width": 1280, "height": 900}, PHONE):
        visitor.page.set_viewport_size(size)
        visitor.go(VIDEO, q="a cat")
        visitor.page.locator("[class*='st-key-timeline-']").nth(3).scroll_into_view_if_needed()
        visitor.page.locator("[class*='st-key-strip-']").nth(3).wait_for()
        box = visitor.page.locator("video").bounding_box()
        assert box is not None and box["y"] >= 0 and box["y"] + box["height"] <= size["height"]
        assert visitor.fits()
