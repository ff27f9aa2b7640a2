"""The sample library: labels to measure methods on."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from fakes import ColorEncoder

from core.library.samples.library import SAMPLE_TASK, build_sample, sample_path
from core.library.samples.sources import sample_kinds
from core.library.schema import Label
from core.library.store import Library
from core.library.timeline import make_timeline

pytest.importorskip("skimage", reason="most sample photos are those of scikit-image")


def test_each_kind_of_photo_has_enough_to_measure_on() -> None:
    counts = Counter(sample_kinds().values())
    assert len(counts) >= 5 and min(counts.values()) >= 3


def test_the_library_comes_with_labels_and_keeps_what_was_changed(
    tmp_path: Path, encoder: ColorEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEMBLANCE_HOME", str(tmp_path))
    monkeypatch.setattr("core.library.samples.reels.render_reels", lambda clips, task: clips.mkdir(exist_ok=True))
    build_sample(encoder)
    library = Library(sample_path())
    labels = library.labels(SAMPLE_TASK)
    assert len(labels) == len(sample_kinds()) and {label.by for label in labels} == {"person"}
    library.put_labels([Label(labels[0].item_id, SAMPLE_TASK, "something else", "person")])
    build_sample(encoder)
    found = {label.item_id: label.label for label in library.labels(SAMPLE_TASK)}
    assert found[labels[0].item_id] == "something else" and len(found) == len(labels)


def test_by_date_the_colorful_photos_come_first_and_textures_last(
    tmp_path: Path, encoder: ColorEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEMBLANCE_HOME", str(tmp_path))
    monkeypatch.setattr("core.library.samples.reels.render_reels", lambda clips, task: clips.mkdir(exist_ok=True))
    build_sample(encoder)
    items = Library(sample_path()).items()
    names = [Path(items["path"][row].as_py()).name for row in make_timeline(items).rows]
    dated = ["hubble deep field.jpg", "chelsea.png"]  # by their own dates, years ago
    assert names[:3] == ["coffee.png", "flower.jpg", "motorcycle.png"] and names[-3:] == ["gravel.png", *dated]
    changed = {path: path.stat().st_mtime_ns for path in sample_path().glob("photos/*")}
    assert build_sample(encoder).unchanged == len(items)
    assert changed == {path: path.stat().st_mtime_ns for path in sample_path().glob("photos/*")}
