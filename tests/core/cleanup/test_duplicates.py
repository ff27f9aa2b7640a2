"""Duplicates: copies however they were saved, no photos that are merely alike, the best copy first, leaks."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
from fakes import ColorEncoder
from media import scene, write_video
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from core.cleanup.duplicates import Duplicates, find_duplicates, find_leaks
from core.errors import Cancelled, DataError
from core.library import Library, ingest
from core.library.points import Points, Unit, load_points
from core.library.schema import Item
from core.progress import Progress, Task
from core.vectors.neighbors import find_nearest_neighbors

pytestmark = pytest.mark.slow


def points_in(tmp_path: Path, encoder: ColorEncoder, folder: Path, *, of: Unit = "items") -> Points:
    library = Library(tmp_path / "library", create=True)
    ingest(library, encoder, [folder])
    return load_points(library, encoder, unit=of)


def names(points: Points, groups: list[Duplicates]) -> list[list[str]]:
    return [[Path(item.path).name for item in points.items(group.numbers)] for group in groups]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    for seed in range(20):
        scene(seed).save(folder / f"scene{seed}.png")
    return folder


@pytest.fixture
def album(drawn: Path, tmp_path: Path) -> Path:
    """Twenty different pictures, `scene0.png` and so on."""
    return Path(shutil.copytree(drawn, tmp_path / "album"))


CHANGES = {
    "resized": lambda picture: picture.resize((240, 180)),
    "brighter": lambda picture: ImageEnhance.Brightness(picture).enhance(1.3),
    "darker": lambda picture: ImageEnhance.Brightness(picture).enhance(0.65),
    "mirrored": ImageOps.mirror,
    "cropped": lambda picture: picture.crop((30, 10, 462, 334)),
}


@pytest.mark.parametrize("change", [*CHANGES, "recompressed"])
def test_changed_copies_are_found_and_nothing_else(
    change: str, album: Path, tmp_path: Path, encoder: ColorEncoder
) -> None:
    copy = CHANGES.get(change, lambda picture: picture)(scene(3))
    copy.save(album / "copy.jpg", quality=25 if change == "recompressed" else 90)
    points = points_in(tmp_path, encoder, album)
    everybody = find_nearest_neighbors(
        points.vectors, 20
    )  # the tests' encoder tells left from right: mirrored ones are not near
    groups = find_duplicates(points, threshold=-1, neighbors=everybody)
    assert [set(group) for group in names(points, groups)] == [{"scene3.png", "copy.jpg"}]
    assert groups[0].kind == "near"
    assert groups[0].cosine < 1


def test_copies_that_the_encoder_tells_apart_are_found(album: Path, tmp_path: Path, encoder: ColorEncoder) -> None:
    ImageEnhance.Brightness(scene(3)).enhance(0.65).save(album / "darker.png")
    points = points_in(tmp_path, encoder, album)
    groups = find_duplicates(points)
    assert [set(group) for group in names(points, groups)] == [{"scene3.png", "darker.png"}]
    assert groups[0].cosine < 0.95


def test_photos_of_one_scene_are_no_copies(album: Path, tmp_path: Path, encoder: ColorEncoder) -> None:
    later = scene(5)  # somebody has walked into the picture
    ImageDraw.Draw(later).ellipse((200, 100, 270, 220), fill=(200, 40, 40))
    later.save(album / "later.png")
    points = points_in(tmp_path, encoder, album)
    rows = {Path(str(path)).name: row for row, path in enumerate(points.column("path"))}
    assert points.vectors[rows["later.png"]] @ points.vectors[rows["scene5.png"]] > 0.95
    assert find_duplicates(points) == []


def test_equal_files_and_best_copy_first(album: Path, tmp_path: Path, encoder: ColorEncoder) -> None:
    (album / "again.png").write_bytes((album / "scene1.png").read_bytes())
    scene(2).resize((240, 180)).save(album / "small.png")
    scene(2).resize((1200, 900), Image.Resampling.LANCZOS).save(album / "large.png")
    (album / "large again.png").write_bytes((album / "large.png").read_bytes())
    points = points_in(tmp_path, encoder, album)
    exact, near = find_duplicates(points)
    assert (exact.kind, near.kind) == ("exact", "near")
    assert exact.cosine == pytest.approx(1)
    assert (exact.reason, near.reason) == ("all are equal", "the most pixels")
    assert [set(group) for group in names(points, [exact])] == [{"scene1.png", "again.png"}]
    (group,) = names(points, [near])
    assert group[0] in ("large.png", "large again.png")
    assert set(group) == {"large.png", "large again.png", "scene2.png", "small.png"}
    assert find_duplicates(points, threshold=1)[0].kind == "exact"
    assert {duplicate.kind for duplicate in find_duplicates(points, threshold=1)} == {"exact"}


def test_sharper_of_two_of_one_size_comes_first(album: Path, tmp_path: Path, encoder: ColorEncoder) -> None:
    soft = scene(4).resize((160, 120), Image.Resampling.BOX).resize((480, 360), Image.Resampling.BILINEAR)
    soft.save(album / "a soft one.png")
    points = points_in(tmp_path, encoder, album)
    groups = find_duplicates(points)
    assert names(points, groups) == [["scene4.png", "a soft one.png"]]
    assert groups[0].reason == "the sharpest of this size"


def test_many_equal_files_do_not_hide_a_copy_that_was_saved_again(
    album: Path, tmp_path: Path, encoder: ColorEncoder
) -> None:
    scene(2).resize((240, 180)).save(album / "small.png")
    for number in range(12):
        (album / f"scene2 {number}.png").write_bytes((album / "scene2.png").read_bytes())
        (album / f"small {number}.png").write_bytes((album / "small.png").read_bytes())
    (group,) = find_duplicates(points_in(tmp_path, encoder, album))
    assert len(group.numbers) == 26 and group.kind == "near"


def test_equal_videos_are_one_group_among_frames_too(album: Path, tmp_path: Path, encoder: ColorEncoder) -> None:
    write_video(album / "film.mp4", [scene(50), scene(51), scene(52)], size=(480, 360))
    (album / "film again.mp4").write_bytes((album / "film.mp4").read_bytes())
    points = points_in(tmp_path, encoder, album, of="frames")
    assert [set(group) for group in names(points, find_duplicates(points))] == [{"film.mp4", "film again.mp4"}]
    everybody = find_nearest_neighbors(points.vectors, len(points) - 1)
    assert len(find_duplicates(points, neighbors=everybody)) == 1


def test_photo_that_is_a_frame_of_a_video(album: Path, tmp_path: Path, encoder: ColorEncoder) -> None:
    write_video(album / "film.mp4", [scene(50), scene(7), scene(51)], size=(640, 480))
    points = points_in(tmp_path, encoder, album, of="frames")
    (group,) = find_duplicates(points)
    assert names(points, [group]) == [["scene7.png", "film.mp4"]]
    assert group.reason == "a video shows it too"
    (second,) = [float(points.start_s[number]) for number in group.numbers if not np.isnan(points.start_s[number])]
    assert 1.5 < second < 4


def test_videos_saved_again(album: Path, tmp_path: Path, encoder: ColorEncoder) -> None:
    write_video(album / "film.mp4", [scene(50), scene(51), scene(52)], size=(480, 360))
    write_video(album / "smaller.mkv", [scene(50), scene(51), scene(52)], size=(320, 240))
    write_video(album / "another.mp4", [scene(50), scene(51), scene(53)], size=(480, 360))
    points = points_in(tmp_path, encoder, album)
    assert names(points, find_duplicates(points)) == [["film.mp4", "smaller.mkv"]]


def test_files_that_are_gone_are_told(album: Path, tmp_path: Path, encoder: ColorEncoder) -> None:
    scene(6).resize((240, 180)).save(album / "small.png")
    points = points_in(tmp_path, encoder, album)
    (album / "small.png").unlink()
    predictions: list[tuple[Item, str]] = []
    assert find_duplicates(points, on_unreadable=lambda *entry: predictions.append(entry)) == []
    assert [(Path(item.path).name, "not there" in reason) for item, reason in predictions] == [("small.png", True)]


def test_texts_are_nobodys_copies(photos: Path, tmp_path: Path, encoder: ColorEncoder) -> None:
    library = Library(tmp_path / "library", create=True)
    ingest(library, encoder, [photos])
    assert find_duplicates(load_points(library, encoder, texts=["red", "red red"])) == []


def test_leaks_between_folders(album: Path, tmp_path: Path, encoder: ColorEncoder) -> None:
    (album / "test").mkdir()
    (album / "test" / "equal.png").write_bytes((album / "scene1.png").read_bytes())
    scene(2).resize((240, 180)).save(album / "test" / "small.png")
    scene(60).save(album / "test" / "own.png")
    (album / "scene1 again.png").write_bytes((album / "scene1.png").read_bytes())  # within the first folder only
    points = points_in(tmp_path, encoder, album)
    leaks = find_leaks(points, album / "test", album)
    pairs = [[Path(item.path).name for item in points.items([leak.first, leak.second])] for leak in leaks]
    assert [leak.kind for leak in leaks] == ["exact", "near"]
    assert pairs[0][0] == "equal.png" and pairs[0][1].startswith("scene1")
    assert pairs[1] == ["small.png", "scene2.png"]
    assert len(find_leaks(points, album, album / "test")) == 3
    with pytest.raises(DataError, match="nowhere"):
        find_leaks(points, album, tmp_path / "nowhere")


def test_progress_and_cancel(album: Path, tmp_path: Path, encoder: ColorEncoder) -> None:
    points = points_in(tmp_path, encoder, album)
    predictions: list[Progress] = []
    find_duplicates(points, threshold=-1, task=Task(predictions.append))
    assert {"neighbors", "look", "compare"} <= {entry.stage for entry in predictions}
    for stage in ("neighbors", "look", "compare"):
        stop = threading.Event()

        def tell(progress: Progress, stage: str = stage, stop: threading.Event = stop) -> None:
            assert not stop.is_set(), "went on"
            if progress.stage == stage:
                stop.set()

        with pytest.raises(Cancelled):
            find_duplicates(points, threshold=-1, task=Task(tell, stop))
