"""Picture quality: blurred, dark and small pictures are told, once for each content, and damaged ones are named."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from fakes import ColorEncoder
from media import scene
from PIL import Image, ImageEnhance, ImageFilter

from core.cleanup import image_quality as picture_quality
from core.cleanup.image_quality import QualityReport, compute_quality, measure_quality
from core.config import get_home
from core.library import Library, ingest
from core.library.schema import Item
from core.progress import Progress, Task

SIZE = (640, 480)


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEMBLANCE_HOME", str(tmp_path / "home"))


@pytest.fixture
def album(tmp_path: Path, encoder: ColorEncoder) -> tuple[Path, list[Item]]:
    folder = tmp_path / "album"
    folder.mkdir()
    scene(1, SIZE).save(folder / "good.png")
    scene(2, SIZE).filter(ImageFilter.GaussianBlur(6)).save(folder / "blurred.png")
    ImageEnhance.Brightness(scene(3, SIZE)).enhance(0.15).save(folder / "dark.png")
    scene(4, (150, 400)).save(folder / "small.png")
    library = Library(tmp_path / "library", create=True)
    ingest(library, encoder, [folder])
    return folder, [Item.from_row(row) for row in library.items().to_pylist()]


def names(pairs: list[tuple[Item, object]]) -> list[str]:
    return [Path(item.path).name for item, _ in pairs]


def test_lists(album: tuple[Path, list[Item]]) -> None:
    report = measure_quality(album[1])
    assert names(report.find_blurred()) == ["blurred.png"]
    assert names(report.find_dark()) == ["dark.png"]
    assert names(report.find_small()) == ["small.png"]
    assert names(report.find_small(10_000))[0] == "small.png"
    assert len(report.find_small(10_000)) == 4
    assert report.find_blurred(0) == []


def test_shaken_photos_are_blurred_and_small_subjects_are_not() -> None:
    picture = scene(5, SIZE)
    shaken = Image.fromarray(
        np.mean([np.roll(np.asarray(picture, float), shift, axis=1) for shift in range(24)], axis=0).astype(np.uint8)
    )
    assert compute_quality(shaken).sharpness < 0.5 * compute_quality(picture).sharpness
    sky = Image.new("RGB", SIZE, (120, 160, 220))
    sky.paste(picture.resize((160, 120)), (240, 160))
    assert compute_quality(sky).sharpness > picture_quality.BLURRED


def test_brightness_and_contrast() -> None:
    black, white = (compute_quality(Image.new("RGB", (30, 20), color)) for color in ("black", "white"))
    assert (black.brightness, white.brightness, white.contrast, white.sharpness) == (0, 1, 0, 0)


def test_measured_once_for_each_content(album: tuple[Path, list[Item]], monkeypatch: pytest.MonkeyPatch) -> None:
    first = measure_quality(album[1])
    monkeypatch.setattr(picture_quality, "compute_quality", lambda image: pytest.fail("measured again"))
    assert measure_quality(album[1]) == first


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 0}', '{"version": 1, "pictures": {"a": ["x"]}}'])
def test_damaged_results_are_measured_again(content: str, album: tuple[Path, list[Item]]) -> None:
    first = measure_quality(album[1])
    (get_home() / "picture-quality.json").write_text(content)
    assert measure_quality(album[1]) == first


def test_unreadable_files_are_named(album: tuple[Path, list[Item]]) -> None:
    folder, items = album
    (folder / "good.png").write_bytes(b"\x89PNG no more")
    (folder / "small.png").unlink()
    report = measure_quality(items)
    assert {Path(item.path).name for item, _ in report.unreadable} == {"good.png", "small.png"}
    assert {Path(item.path).name for item in report.items} == {"blurred.png", "dark.png"}


def test_changed_file_is_not_kept_as_the_old_content(album: tuple[Path, list[Item]]) -> None:
    folder, items = album
    good = (folder / "good.png").read_bytes()
    (folder / "good.png").write_bytes((folder / "dark.png").read_bytes())
    assert set(names(measure_quality(items).find_dark())) == {"good.png", "dark.png"}
    (folder / "good.png").write_bytes(good)
    assert names(measure_quality(items).find_dark()) == ["dark.png"]


def test_stopped_early_keeps_what_there_is(album: tuple[Path, list[Item]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_quality, "_BATCH", 1)
    stop, predictions = threading.Event(), list[Progress]()

    def tell(progress: Progress) -> None:
        predictions.append(progress)
        stop.set()

    report: QualityReport = measure_quality(album[1], task=Task(tell, stop))
    assert len(report.items) == predictions[-1].done == 1
    assert predictions[-1].total == 4
    assert (get_home() / "picture-quality.json").exists()
