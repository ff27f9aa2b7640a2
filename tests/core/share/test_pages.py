"""Results, clusters and maps as pages in one file: complete, escaped, and asking nobody for anything."""

from __future__ import annotations

import base64
import io
import json
import re
import threading
from pathlib import Path

import numpy as np
import pytest
from fakes import COLORS, ColorEncoder
from markupsafe import Markup
from media import write_video
from PIL import Image
from saved_pages import Seen, checked

from core import Library, ingest, open_encoder, parse_query, search, search_videos
from core.classify.predict import Prediction
from core.classify.zero_shot import NONE
from core.cleanup.findings import Finding
from core.cli.main import main
from core.errors import Cancelled, DataError
from core.explore.atlas import AtlasRequest, build_atlas
from core.library.schema import Item
from core.progress import Task
from core.share.pages import groups as report_groups
from core.share.pages import map as report_map
from core.share.pages import moments as report_moments
from core.share.pages import search as report
from core.share.pages import thumbnails as pictures
from core.share.pages.groups import Group, GroupItem, Sheet, groups_page, make_classes_sheet, make_findings_sheet
from core.share.pages.map import map_page
from core.share.pages.moments import moments_page
from core.share.pages.page import escape_script, render_page
from core.share.pages.search import Answer, search_page

HOSTILE = ("<img src=x onerror=alert(1)>.png", "</script><script>alert(1).png", "&lt;b&gt; \u2028 --> ]]>.png")
NAMES = [name.replace("/", "∕") for name in HOSTILE]  # what a file system takes


@pytest.fixture
def hostile(tmp_path: Path, encoder: ColorEncoder) -> Library:
    """Pictures with names that would like to run."""
    folder = tmp_path / "in"
    folder.mkdir()
    for name, color in zip(NAMES, ("red", "green", "blue"), strict=True):
        Image.new("RGB", (60, 40), COLORS[color]).save(folder / name)
    library = Library(tmp_path / "l", create=True)
    ingest(library, encoder, [folder])
    return library


def answers(library: Library, encoder: ColorEncoder, query: str) -> list[Answer]:
    hits = search(library, encoder, parse_query(query)).hits
    return [Answer(hit.item, hit.score, hit.relevance, rank == 0) for rank, hit in enumerate(hits)]


def test_results_are_shown_with_scores_and_the_line(hostile: Library, encoder: ColorEncoder, tmp_path: Path) -> None:
    found = answers(hostile, encoder, "red")
    seen = checked(search_page(found, query="red & <i>", library="L", encoder="colour", more={"Filters": "none"}))
    assert all(f"{rank}. {Path(entry.item.path).name}" in seen.text for rank, entry in enumerate(found, start=1))
    assert "Less certain from here" in seen.text and f"cosine {found[0].score:.2f}" in seen.text
    assert "red & <i> in L" in seen.text and str(tmp_path) not in seen.text
    assert sum(tag == "img" for tag, _ in seen.tags) == 3


def test_what_is_too_much_is_said(
    hostile: Library, encoder: ColorEncoder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = answers(hostile, encoder, "red")
    monkeypatch.setattr(report, "MOST_HITS", 2)
    assert "the first 2 of 3" in checked(search_page(found, query="q", library="L", encoder="e")).text
    monkeypatch.setattr(pictures, "MOST_BYTES", 1)
    seen = checked(search_page(found, query="q", library="L", encoder="e"))
    assert sum(tag == "img" for tag, _ in seen.tags) == 1 and "no picture" in seen.text
    Path(found[0].item.path).unlink()
    atlas = build_atlas(hostile, encoder, AtlasRequest(layout="pca", k=2))
    monkeypatch.setattr(report_map, "MOST_POINTS", 2)
    with pytest.raises(DataError, match="at most 2 points"):
        map_page(atlas, atlas.titles(), library="L", encoder="e", layout="PCA")


def test_a_map_holds_its_points_names_and_pictures(hostile: Library, encoder: ColorEncoder) -> None:
    request = AtlasRequest(layout="pca", k=2, texts=("</script><img src=x>",))
    atlas = build_atlas(hostile, encoder, request)
    titles = ["<b>one</b>", "</script>two"]
    content = map_page(atlas, titles, library="L", encoder="colour", layout="PCA")
    seen = checked(content)
    data = json.loads(re.search(r'id="data">(.*?)</script>', content, re.DOTALL).group(1))
    places = np.frombuffer(base64.b64decode(data["places"]), "<f4").reshape(-1, 2)
    assert np.array_equal(places, atlas.places) and len(data["pictures"]) == 3
    assert set(data["names"]) == {*NAMES, "</script><img src=x>"}
    assert [entry["name"] for entry in data["clusters"]] == [*titles, "texts"] and "<b>one</b>" in seen.text
    groups = np.frombuffer(base64.b64decode(data["of"]), "<i2")
    assert data["texts"] == [3] and groups[3] == 2 and set(groups[:3]) <= {0, 1}, "a text is in no cluster, but a text"
    assert "texts1" in seen.text and "in no cluster</bdi>" not in content
    assert sum(tag == "canvas" for tag, _ in seen.tags) == 1


@pytest.fixture
def films(tmp_path: Path, encoder: ColorEncoder) -> Library:
    """Two videos, the one that holds more blue with a name that would like to run."""
    folder = tmp_path / "films"
    folder.mkdir()
    write_video(folder / f"{NAMES[0]}.mp4", ["red", "blue", "green", "blue"], seconds_each=6)
    write_video(folder / "wood.mp4", ["green", "orange"], seconds_each=4)
    library = Library(tmp_path / "f", create=True)
    ingest(library, encoder, [folder])
    return library


def test_videos_are_shown_with_their_moments(films: Library, encoder: ColorEncoder, tmp_path: Path) -> None:
    hits = search_videos(films, encoder, parse_query("blue")).hits
    content = moments_page(hits, query="blue & <i>", library="L", encoder="colour", more={"Ranked by": "best moment"})
    seen = checked(content)
    assert f"1. {NAMES[0]}.mp4" in seen.text and "2. wood.mp4" in seen.text and str(tmp_path) not in seen.text
    assert "0:06–0:12" in seen.text and "0:18–0:24" in seen.text and "best at 0:0" in seen.text
    assert "Less certain from here" in seen.text and "Ranked by" in seen.text and "blue & <i> in L" in seen.text
    moments = [moment for hit in hits for moment in hit.moments]
    assert sum(tag == "figure" for tag, _ in seen.tags) == len(moments) > 2
    found = [entry["src"] for tag, entry in seen.tags if tag == "img"]
    best = Image.open(io.BytesIO(base64.b64decode(str(found[0]).split(",")[1])))
    assert np.allclose(np.asarray(best.convert("RGB"))[20, 20], COLORS["blue"], atol=25), "the second that answers"
    shades = [entry for tag, entry in seen.tags if tag == "rect"]
    assert len(shades) == len(moments) and float(str(shades[0]["width"])) == pytest.approx(153, abs=8), "a quarter"


def test_moments_that_are_too_many_or_cannot_be_shown_are_told(
    films: Library, encoder: ColorEncoder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hits = search_videos(films, encoder, parse_query("blue")).hits
    count = sum(len(hit.moments) for hit in hits)
    monkeypatch.setattr(report_moments, "MOST_MOMENTS", 1)
    seen = checked(moments_page(hits, query="q", library="L", encoder="e"))
    assert f"the first 1 of {count} moments" in seen.text and sum(tag == "figure" for tag, _ in seen.tags) == 1
    monkeypatch.undo()
    monkeypatch.setenv("SEMBLANCE_HOME", str(tmp_path / "home"))  # where no picture is kept
    Path(hits[0].item.path).unlink()
    seen = checked(moments_page(hits[:1], query="another", library="L", encoder="e"))
    assert "no picture" in seen.text and "0:06–0:12" in seen.text
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        moments_page(hits, query="q", library="L", encoder="e", task=Task(cancel=cancel))


def test_classes_are_saved_in_groups_the_surest_first(hostile: Library) -> None:
    items = [Item.from_row(row) for row in hostile.items().to_pylist()]
    predictions = [
        Prediction(item.path, label, probability, 0.75, np.ones(2, np.float32) * probability, item)
        for item, label, probability in zip(items, (NONE, "<b>warm", "<b>warm"), (0.5, 0.6, 0.9), strict=True)
    ]
    predictions.append(Prediction("a text", "<b>warm", 1.0, 1.0, np.ones(2, np.float32)))
    sheet = make_classes_sheet(predictions, ["cold", "<b>warm"], library="L", threshold=0.4, by_person={items[1].id})
    seen = checked(groups_page(sheet, library="L", encoder="colour"))
    assert [group.title for group in sheet.groups] == ["<b>warm", NONE] and "<b>warm · 2" in seen.text
    said, sure, none = (seen.text.index(Path(items[number].path).name) for number in (1, 2, 0))
    assert said < sure < none and "90% · fits 0.75" in seen.text and "below 0.40 it is none of these" in seen.text
    assert "labeled by a person" in seen.text and "60%" not in seen.text, "that is of the class it was not"
    assert "nearest: cold 50%" in seen.text
    assert sum(tag == "img" for tag, _ in seen.tags) == 3


def test_what_could_go_is_saved_by_reason_without_folders(hostile: Library, tmp_path: Path) -> None:
    items = [Item.from_row(row) for row in hostile.items().to_pylist()]
    best = str(tmp_path / "secret" / "the best.png")
    found = [
        Finding(items[0], "nearly the same as the best.png", best, 0.98765),
        Finding(items[1], "nearly the same as the best.png", best, 1.0),
        Finding(items[2], "blurred: sharpness 3.1"),
        Finding(items[2], f"has a copy in {tmp_path}/secret/of mine"),
    ]
    seen = checked(groups_page(make_findings_sheet(found, library="L"), library="L", encoder="colour"))
    assert "Nearly the same as · 2" in seen.text and "Blurred · 1" in seen.text
    assert "Has a copy in of mine · 1" in seen.text
    assert "the best.png · cosine 0.988" in seen.text and "sharpness 3.1" in seen.text
    assert str(tmp_path) not in seen.text and "secret" not in seen.text


def test_small_groups_are_shown_whole_and_large_ones_share_the_rest(
    hostile: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = [Item.from_row(row) for row in hostile.items().to_pylist()]
    monkeypatch.setattr(report_groups, "MOST_IN_GROUPS", 8)
    sizes = {"one": 1, "many": 9, "more": 6}
    groups = [Group(name, [GroupItem(items[place % 3]) for place in range(size)]) for name, size in sizes.items()]
    seen = checked(groups_page(Sheet("T", "A", groups), library="L", encoder="colour"))
    assert sum(tag == "figure" for tag, _ in seen.tags) == 8
    assert "one · 1" in seen.text and "many · 9, the first 4" in seen.text and "more · 6, the first 3" in seen.text
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        groups_page(Sheet("T", "A", groups), library="L", encoder="colour", task=Task(cancel=cancel))
    monkeypatch.setattr(report_groups, "MOST_IN_GROUPS", 2)
    monkeypatch.setattr(pictures, "MOST_BYTES", 1)
    seen = checked(groups_page(Sheet("T", "A", groups), library="L", encoder="colour"))
    assert sum(tag == "figure" for tag, _ in seen.tags) == 2 and "the first 2 of 3" in seen.text
    assert "Without a picture1: unreadable" in seen.text
    assert "There is nothing" in checked(groups_page(Sheet("T", "A", ()), library="L", encoder="colour")).text


def test_nothing_that_is_filled_in_is_filled_again() -> None:
    content = render_page(title="@@data@@", about="@@style@@", facts={"@@body@@": "</dd>"}, body=Markup("<p></p>"))
    seen = Seen(content)
    assert "@@data@@" in seen.text and "@@body@@" in seen.text and content.count("<style>") == 1
    assert "</" not in escape_script({"a": "</script><!--"}) and json.loads(escape_script("</a>&")) == "</a>&"


def test_the_command_line_saves_pages(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        "core.cli.options.open_encoder", lambda name, **_: ColorEncoder() if name == "colour" else open_encoder(name)
    )
    where = ["--library", str(library.path), "--quiet"]
    assert main(["search", "red", "--all", *where, "--report", str(tmp_path / "s.html")]) == 0
    assert "Saved as a page" in capsys.readouterr().out
    assert "1. red.png" in checked((tmp_path / "s.html").read_text()).text
    assert main(["search", "red", *where, "--report", str(tmp_path / "s.html" / "no folder.html")]) == 2
    assert "cannot be written: " in capsys.readouterr().err  # as on a disk that is full
    assert main(["cluster", "--k", "2", *where, "--report", str(tmp_path / "c.html")]) == 0
    seen = checked((tmp_path / "c.html").read_text())
    assert "2 by k-means" in seen.text and sum(tag == "h3" for tag, _ in seen.tags) == 2
