"""Labels: one an item and task, kept through re-indexing and renaming, limiting searches; concepts in searches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fakes import ColorEncoder
from media import write_video

from core.classify.predict import classify_library
from core.classify.zero_shot import ClassName, ZeroShot
from core.library import Library, ingest
from core.library.filters import Filters
from core.library.schema import Label
from core.search.concepts import learn_concept, save_concept
from core.search.images import search
from core.search.query import parse_query
from core.search.videos import search_videos


def ids(library: Library) -> dict[str, str]:
    """Item ids by the names of their files."""
    rows = library.items().to_pylist()
    return {Path(row["path"]).name: row["id"] for row in rows}


def named(library: Library, task: str | None = None) -> dict[str, tuple[str, str]]:
    """(label, by whom) by the names of the files."""
    names = {item_id: name for name, item_id in ids(library).items()}
    return {names[label.item_id]: (label.label, label.by) for label in library.labels(task)}


def test_a_new_label_replaces_the_old_one_of_its_task(library: Library) -> None:
    item = ids(library)["red.png"]
    library.put_labels([Label(item, "colour", "blue", "model", 0.6), Label(item, "mood", "calm", "person")])
    library.put_labels([Label(item, "colour", "red", "person")])
    assert named(library, "colour") == {"red.png": ("red", "person")}
    assert named(library, "mood") == {"red.png": ("calm", "person")}
    library.put_labels([Label(ids(library)["blue.png"], "colour", "blue", "model", 0.9)])
    library.remove_labels("colour", by="model")
    assert named(library, "colour") == {"red.png": ("red", "person")}
    library.remove_labels("colour")
    assert named(library) == {"red.png": ("calm", "person")}


def test_labels_stay_through_indexing_again_and_go_with_their_item(
    library: Library, encoder: ColorEncoder, photos: Path
) -> None:
    found = ids(library)
    library.put_labels([Label(found[f"{name}.png"], "it's", name, "person") for name in ("red", "blue", "green")])
    (photos / "red.png").rename(photos / "renamed.png")
    report = ingest(library, encoder, [photos])
    assert report.renamed == 1
    assert named(library) == {
        "renamed.png": ("red", "person"), "blue.png": ("blue", "person"), "green.png": ("green", "person")
    }  # fmt: skip
    library.remove_items([ids(library)["blue.png"]])
    assert set(named(library)) == {"renamed.png", "green.png"}
    library.remove_labels("it's")
    assert library.labels() == []


def test_searches_are_limited_to_a_label(library: Library, encoder: ColorEncoder, photos: Path) -> None:
    for name, shots in (("late.mp4", ("blue", "red")), ("early.mp4", ("red", "white"))):
        write_video(photos / name, shots, seconds_each=3.0, size=(64, 48))
    ingest(library, encoder, [photos])
    found = ids(library)
    library.put_labels([Label(found[name], "mine", "kept", "person") for name in ("blue.png", "red.png", "late.mp4")])
    only = Filters(label="kept")
    result = search(library, encoder, parse_query("red"), filters=only)
    assert result.considered == 3 and {Path(hit.item.path).name for hit in result.hits} <= {
        "blue.png", "red.png", "late.mp4"
    }  # fmt: skip
    assert Path(result.hits[0].item.path).name in ("red.png", "late.mp4")
    videos = search_videos(library, encoder, parse_query("red"), filters=only)
    assert [Path(hit.item.path).name for hit in videos.hits] == ["late.mp4"]
    assert search(library, encoder, parse_query("red"), filters=Filters(label="nobody's")).hits == ()
    predictions = classify_library(
        library, encoder, ZeroShot.of(encoder, [ClassName("red"), ClassName("blue")]), filters=only
    )
    assert len(predictions) == 3


def test_what_a_model_told_can_be_searched(library: Library, encoder: ColorEncoder) -> None:
    predictions = classify_library(library, encoder, ZeroShot.of(encoder, [ClassName("red"), ClassName("blue")]))
    library.put_labels(
        [Label(entry.item.id, "colour", entry.label, "model", entry.probability) for entry in predictions if entry.item]
    )
    red = {entry.source for entry in predictions if entry.label == "red"}
    hits = search(library, encoder, parse_query("green"), filters=Filters(label="red"), fold_duplicates=False).hits
    assert {hit.item.path for hit in hits} == red and len(red) < len(predictions)
    assert {label.item_id: label.probability for label in library.labels()}[ids(library)["red.png"]] == pytest.approx(
        next(entry.probability for entry in predictions if Path(entry.source).name == "red.png")
    )


def test_a_concept_finds_what_it_was_learned_from(library: Library, encoder: ColorEncoder) -> None:
    index = library.index(encoder)
    number = int(index.item_numbers(ids(library)["purple.png"])[0])
    concept = learn_concept(encoder, "my mauve", index.vectors(np.array([number])), index.background)
    save_concept(concept, encoder)
    result = search(library, encoder, parse_query('concept:"my mauve"'))
    assert Path(result.hits[0].item.path).name == "purple.png"
    without = search(library, encoder, parse_query('concept:"my mauve" - 2:blue'))
    assert [Path(hit.item.path).name for hit in without.hits].index("blue.png") > [
        Path(hit.item.path).name for hit in result.hits
    ].index("blue.png")


def test_what_a_person_said_stays_when_the_file_is_saved_again(
    library: Library, encoder: ColorEncoder, photos: Path
) -> None:
    items = {Path(row["path"]).name: row["id"] for row in library.items().to_pylist()}
    library.put_labels(
        [Label(items["red.png"], "task", "warm", "person"), Label(items["blue.png"], "task", "x", "model")]
    )
    for path in photos.rglob("*.png"):
        if path.name in ("red.png", "blue.png"):
            path.write_bytes(path.read_bytes() + b"\0\0")
    ingest(library, encoder, [photos])
    now = {row["id"]: Path(row["path"]).name for row in library.items().to_pylist()}
    assert [(now[label.item_id], label.label) for label in library.labels()] == [("red.png", "warm")]


def test_tags_of_some_items_are_removed_alone(library: Library) -> None:
    all_ids = list(ids(library).values())
    library.put_labels([Label(entry, "task", "tag", "model") for entry in all_ids])
    library.remove_labels("task", by="model", item_ids=all_ids[:3])
    assert {label.item_id for label in library.labels()} == set(all_ids[3:])
