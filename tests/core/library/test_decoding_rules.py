"""Libraries that are there already profit from better decoding: files are decoded again, and labels stay."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import COLORS, ColorEncoder
from media import write_gif, write_video
from PIL import Image

from core.library import Item, Label, Library, VectorRow, ingest
from core.library.ingest.known import find_outdated
from core.media import rules
from core.media.rules import DecodingRule
from core.media.sampling import Sampling


@pytest.fixture
def add_rule(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Adds a rule, as a later version does."""
    later = list(rules.DECODING_RULES)
    monkeypatch.setattr(rules, "DECODING_RULES", later)

    def add(about: str = "colors", kind: Any = "image", **narrower: Any) -> None:
        later.append(DecodingRule(later[-1].number + 1 if later else 1, about, kind, **narrower))

    return add


def items(library: Library) -> dict[str, Item]:
    return {Path(row["path"]).name: Item.from_row(row) for row in library.items().to_pylist()}


def spoil(library: Library, encoder: ColorEncoder, name: str) -> str:
    """Gives an item the vector and size that wrong decoding would have made."""
    item = items(library)[name]
    library.remove_vectors(encoder, [item.id])
    library.add_vectors(encoder, [VectorRow(item.id, np.eye(48, dtype=np.float32)[0])])
    return item.id


def nearest(library: Library, encoder: ColorEncoder, color: str) -> str:
    index = library.index(encoder)
    return Path(index.item(int(index.search(encoder.encode_texts([color])[0], 1)[1][0])).path).name


def test_a_later_rule_decodes_again_and_keeps_labels(
    library: Library, encoder: ColorEncoder, photos: Path, add_rule: Any
) -> None:
    item_id = spoil(library, encoder, "red.png")
    library.put_labels([Label(item_id, "warmth", "warm", "person")])
    assert nearest(library, encoder, "red") != "red.png" and not find_outdated(library)
    add_rule("colors", suffixes=(".png",))
    assert str(find_outdated(library)) == "8 files are decoded again, as Semblance now reads them otherwise: colors."
    assert find_outdated(library, [str(photos / "more")]).count == 4
    report = ingest(library, encoder, [photos])
    assert (report.redecoded, report.unchanged, report.updated, report.vectors) == (8, 0, 0, 8)
    assert nearest(library, encoder, "red") == "red.png" and not find_outdated(library)
    assert items(library)["red.png"].id == item_id and library.labels()[0].item_id == item_id
    again = ingest(library, encoder, [photos])
    assert (again.unchanged, again.redecoded, again.embedded) == (8, 0, 0)


@pytest.mark.parametrize(
    ("narrower", "count", "embedded"),
    [
        ({"suffixes": (".jpg",)}, 0, 0),
        ({"concerns": lambda item: item.taken_at is None and "red" in item.path}, 1, 1),
        ({"sign": b"no such bytes"}, 8, 0),
        ({"sign": b"no such bytes|IDAT"}, 8, 8),
        ({"vectors": False}, 8, 0),
        ({"kind": "video"}, 0, 0),
    ],
)
def test_only_what_a_rule_concerns_is_embedded_again(
    narrower: dict[str, Any], count: int, embedded: int, library: Library, encoder: ColorEncoder, photos: Path,
    add_rule: Any,
) -> None:  # fmt: skip
    add_rule(**narrower)
    report = ingest(library, encoder, [photos])
    assert (report.redecoded, report.embedded, report.vectors) == (count, embedded, 8)


def test_vectors_of_other_encoders_wait_to_be_made_again_and_imported_ones_stay(
    library: Library, encoder: ColorEncoder, photos: Path, add_rule: Any
) -> None:
    second, imported = ColorEncoder("colour-2"), ColorEncoder("imported:mine:48", "imported:mine:48")
    ingest(library, second, [photos / "more"])
    ids = library.vector_ids(second.id)
    library.add_vectors(imported, [VectorRow(item_id, np.eye(48, dtype=np.float32)[0]) for item_id in ids])
    add_rule()
    assert ingest(library, encoder, [photos]).redecoded == 8
    assert not library.vector_ids(second.id) and library.vector_ids(imported.id) == ids
    assert ingest(library, second, [photos / "more"]).embedded == 4


def test_a_copy_of_what_was_decoded_otherwise_takes_no_old_vector(
    library: Library, encoder: ColorEncoder, photos: Path, add_rule: Any
) -> None:
    spoil(library, encoder, "red.png")
    (photos / "again.png").write_bytes((photos / "red.png").read_bytes())
    add_rule()
    ingest(library, encoder, [photos / "again.png"])
    assert nearest(library, encoder, "red") == "again.png"


def test_a_video_is_sampled_again_as_it_was(tmp_path: Path, encoder: ColorEncoder, add_rule: Any) -> None:
    path, library = write_video(tmp_path / "clip.mp4"), Library(tmp_path / "library", create=True)
    ingest(library, encoder, [path], Sampling(2))
    add_rule(kind="video")
    report = ingest(library, encoder, [path])
    assert (report.redecoded, report.embedded) == (1, 12)
    assert set(library.samplings(encoder.id).values()) == {str(Sampling(2))}
    add_rule(kind="video", vectors=False)
    report = ingest(library, encoder, [path])
    assert (report.redecoded, report.embedded, items(library)["clip.mp4"].duration_s) == (1, 0, pytest.approx(6.0))


def test_a_file_that_a_rule_refuses_says_why(
    library: Library, encoder: ColorEncoder, photos: Path, add_rule: Any
) -> None:
    path, before = photos / "red.png", (photos / "red.png").stat()
    path.write_bytes(b"x" * before.st_size)  # stands for a decoder that has become stricter
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    add_rule()
    report = ingest(library, encoder, [photos])
    assert [Path(name).name for name, _ in report.failed] == ["red.png"] and items(library)["red.png"].reason
    Image.new("RGB", (80, 60), COLORS["red"]).save(path)
    ingest(library, encoder, [photos])
    assert items(library)["red.png"].status == "ok" and nearest(library, encoder, "red") == "red.png"


def test_videos_of_an_earlier_version_get_their_dates_and_lengths(tmp_path: Path, encoder: ColorEncoder) -> None:
    videos, library = tmp_path / "videos", Library(tmp_path / "library", create=True)
    videos.mkdir()
    write_video(videos / "VID_20180629_010000.mp4", ["red"], metadata={"creation_time": "2018-06-28T16:00:00Z"})
    write_video(videos / "whole.mkv", ["blue", "green"])
    ingest(library, encoder, [videos])
    wrong = {"taken_at": datetime(2018, 6, 28, 16), "rules": None}
    known = items(library)
    cut_off = replace(
        known["whole.mkv"], reason="Only the first 4.0 of 9.0 s could be read.", duration_s=9.0, rules=None
    )
    library.put_items([replace(known["VID_20180629_010000.mp4"], **wrong), cut_off], key="id")
    library.put_labels([Label(cut_off.id, "warmth", "cold", "person")])
    seen, report = encoder.images_seen, ingest(library, encoder, [videos])
    found = items(library)
    assert (report.redecoded, encoder.images_seen - seen) == (2, 4)  # of the first only the date is read
    assert str(found["VID_20180629_010000.mp4"].taken_at) == "2018-06-29 01:00:00"
    assert found["whole.mkv"].reason is None and found["whole.mkv"].duration_s == pytest.approx(4.0)
    assert found["whole.mkv"].id == cut_off.id and [label.label for label in library.labels("warmth")] == ["cold"]


def test_dates_of_the_future_and_gifs_of_an_earlier_version_are_read_again(
    library: Library, encoder: ColorEncoder, photos: Path
) -> None:
    write_gif(photos / "moving.gif")
    Image.new("RGB", (9, 9), "blue").save(photos / "soon.jpg")
    ingest(library, encoder, [photos])
    known = items(library)
    ahead = replace(known["red.png"], taken_at=datetime.now() + timedelta(days=400), rules=7)
    soon = replace(known["soon.jpg"], taken_at=datetime.now(), rules=7)
    library.put_items([ahead, soon, replace(known["moving.gif"], duration_s=0.1, rules=7)], key="id")
    library.put_labels([Label(ahead.id, "warmth", "warm", "person")])
    assert find_outdated(library).count == 2
    report, found = ingest(library, encoder, [photos]), items(library)
    assert (report.redecoded, report.embedded, found["red.png"].taken_at) == (2, 3, None)
    assert found["moving.gif"].duration_s == pytest.approx(3.0) and found["soon.jpg"].taken_at is not None
    assert found["red.png"].id == ahead.id and [label.label for label in library.labels("warmth")] == ["warm"]
