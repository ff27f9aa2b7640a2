"""What a line on a map holds, what is said of it, and what colours mean."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from fakes import ColorEncoder
from media import write_video

from core import Library, ingest, parse_query, search
from core.errors import DataError
from core.explore.colors import (
    NEUTRAL,
    color_by_date,
    color_by_folder,
    color_by_kind,
    color_by_label,
    color_by_name,
    color_by_score,
    color_by_value,
    get_color,
)
from core.explore.selection import find_highlighted, find_inside, select_whole_items, selection_csv, summarize_selection
from core.library.points import Points, load_points
from core.library.schema import Label
from core.search.query import embed_query

SQUARE = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]


@pytest.fixture
def points(library: Library, encoder: ColorEncoder) -> Points:
    return load_points(library, encoder, texts=["red", "a walk"])


def number_of(points: Points, name: str) -> int:
    return next(n for n, path in enumerate(points.column("path")) if path and Path(str(path)).name == name)


def colour_at(rgb: np.ndarray, number: int) -> str:
    return "#" + bytes(rgb[number]).hex().upper()


def test_a_line_holds_what_lies_within_it() -> None:
    rng = np.random.default_rng(0)
    places = rng.uniform(-1, 2, (5_000, 2)).astype(np.float32)
    within = ((places > 0) & (places < 1)).all(axis=1)
    assert find_inside(places, SQUARE).tolist() == np.flatnonzero(within).tolist()


def test_a_dent_in_the_line_is_outside() -> None:
    dented = [[0, 0], [4, 0], [4, 4], [2, 1], [0, 4]]  # from above a dent reaches down to (2, 1)
    places = np.array([[2, 0.5], [2, 2], [0.5, 2], [3.5, 2], [5, 1]], np.float32)
    assert find_inside(places, dented).tolist() == [0, 2, 3]


def test_a_line_may_cross_itself_and_twist_either_way() -> None:
    eight = [[0, 0], [1, 1], [1, 0], [0, 1]]
    places = np.array([[0.9, 0.5], [0.1, 0.5], [0.5, 0.9], [0.5, 0.1]], np.float32)
    assert find_inside(places, eight).tolist() == find_inside(places, eight[::-1]).tolist() == [0, 1]


@pytest.mark.parametrize(
    "line", [[], [[0, 0], [1, 1]], [[0, 0], [1, "x"], [2, 2]], [[0, 0], [1, float("nan")], [2, 2]]]
)
def test_what_is_no_line_is_refused(line: list) -> None:
    with pytest.raises(DataError, match="draw around"):
        find_inside(np.zeros((3, 2), np.float32), line)


def test_a_selection_is_summed_up(points: Points, photos: Path) -> None:
    numbers = np.array([number_of(points, f"{name}.png") for name in ("red", "blue", "green")] + [len(points) - 1])
    ids = points.column("id")
    labels = [Label(str(ids[numbers[0]]), "t", "warm", "person"), Label(str(ids[7]), "t", "elsewhere", "person")]
    predictions = summarize_selection(
        points, numbers, labels if ids[7] not in [ids[n] for n in numbers[:3]] else labels[:1]
    )
    assert (predictions.count, predictions.items) == (4, 3)
    assert dict(predictions.kinds) == {"image": 3, "text": 1}
    assert dict(predictions.labels) == {"warm": 1}
    assert sum(count for _, count in predictions.folders) == 3 and {Path(name) for name, _ in predictions.folders} <= {
        photos,
        photos / "more",
    }
    assert predictions.first is not None and predictions.last is not None and predictions.first <= predictions.last


def test_the_table_of_a_selection_is_safe_for_spreadsheets(points: Points) -> None:
    red, text = number_of(points, "red.png"), len(points) - 1
    groups = ["=1+1"] * len(points)
    rows = list(csv.DictReader(io.StringIO(selection_csv(points, np.array([red, text]), groups, redact=str))))
    assert rows[0]["what"].endswith("red.png") and (rows[0]["kind"], rows[0]["start_s"]) == ("image", "")
    assert rows[0]["cluster"] == "'=1+1" and (rows[1]["what"], rows[1]["kind"]) == ("a walk", "text")


def test_each_item_counts_once_and_texts_do_not(points: Points) -> None:
    last = len(points) - 1
    assert select_whole_items(points, [3, last, 1, 3]).tolist() == [3, 1]


def test_hits_are_lit(points: Points, library: Library, encoder: ColorEncoder) -> None:
    hits = search(library, encoder, parse_query("red", files=False), fold_duplicates=False).hits[:2]
    highlighted = find_highlighted(points, hits)
    assert {Path(str(points.column("path")[n])).name for n in np.flatnonzero(highlighted)} == {
        Path(h.item.path).name for h in hits
    }


def test_one_name_one_colour_and_none_is_grey() -> None:
    predictions = color_by_name(["b", "a", None, "a"], order=["b"], nameless="nothing")
    assert [(group.name, group.count) for group in predictions.groups] == [("b", 1), ("a", 2), ("nothing", 1)]
    assert [colour_at(predictions.rgb, n) for n in range(4)] == [get_color(0), get_color(1), NEUTRAL, get_color(1)]


def test_many_groups_have_colours_of_their_own() -> None:
    assert len({get_color(number) for number in range(60)}) == 60


def test_values_run_along_the_ramp_and_what_is_unknown_is_grey() -> None:
    predictions = color_by_value(np.array([0.0, 5.0, 10.0, np.nan]), low="0", high="10")
    assert predictions.ramp is not None and (predictions.ramp.low, predictions.ramp.high) == ("0", "10")
    assert [colour_at(predictions.rgb, n) for n in (0, 2, 3)] == [
        predictions.ramp.colors[0],
        predictions.ramp.colors[-1],
        NEUTRAL,
    ]


def test_points_are_coloured_by_what_is_known_of_them(
    points: Points, library: Library, encoder: ColorEncoder, photos: Path
) -> None:
    assert {g.name: g.count for g in color_by_kind(points).groups} == {"image": 8, "text": 2}
    assert {g.name: g.count for g in color_by_folder(points).groups} == {"photos": 4, "more": 4, "texts": 2}
    red = number_of(points, "red.png")
    labels = [
        Label(str(points.column("id")[red]), "t", name, by) for name, by in (("hot", "person"), ("cold", "model"))
    ]
    assert {g.name: g.count for g in color_by_label(points, labels).groups} == {"hot": 1, "no label": 9}
    assert color_by_date(points).ramp is not None and colour_at(color_by_date(points).rgb, len(points) - 1) == NEUTRAL
    predictions = color_by_score(points, embed_query(encoder, parse_query("red", files=False)))
    assert predictions.ramp is not None and colour_at(predictions.rgb, red) == predictions.ramp.colors[-1]


def test_a_frame_is_shown_as_it_was_embedded(tmp_path: Path, encoder: ColorEncoder) -> None:
    library = Library(tmp_path / "films", create=True)
    ingest(library, encoder, [write_video(tmp_path / "film.mp4", ["red", "blue"], seconds_each=4)])
    frames = load_points(library, encoder, unit="frames", texts=["red"])
    assert frames.start_s[:2].tolist() == [0, 4] and np.allclose(frames.shown_s[:2], [2, 6], atol=0.5)
    assert frames.shown_s[2] is None and load_points(library, encoder).shown_s == [None]
