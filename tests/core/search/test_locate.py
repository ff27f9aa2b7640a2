"""Which video holds a picture: copies and crops are found at their second, pictures that are only alike are not."""

from __future__ import annotations

import io
import threading
from pathlib import Path

import numpy as np
import pytest
from fakes import ColorEncoder
from media import write_video
from PIL import Image, ImageDraw

from core.errors import QueryError
from core.library import Library, ingest
from core.library.filters import Filters
from core.media.video import frame_at
from core.progress import Progress, Task
from core.search.locate import Sighting, locate
from core.search.query import Term

pytestmark = pytest.mark.slow

SIZE = (480, 270)


def scene(seed: int, *, moved: int = 0) -> Image.Image:
    """A picture of many coloured shapes. moved: pixels by which each shape lies elsewhere, as in another photo."""
    dice, shift = np.random.default_rng(seed), np.random.default_rng(seed + 1000)
    image = Image.new("RGB", SIZE, tuple(dice.integers(60, 200, 3).tolist()))
    draw = ImageDraw.Draw(image)
    for number in range(120):
        x, y = (int(dice.integers(0, side)) + int(shift.integers(-moved, moved + 1)) for side in SIZE)
        width, height = dice.integers(8, 60, 2).tolist()
        color = tuple(dice.integers(0, 256, 3).tolist())
        shape = draw.rectangle if number % 2 else draw.ellipse
        shape((x, y, x + width, y + height), fill=color)
    return image


def saved(image: Image.Image, *, scale: float = 1.0, quality: int = 75) -> Term:
    buffer = io.BytesIO()
    image.resize((round(image.width * scale), round(image.height * scale))).save(buffer, "JPEG", quality=quality)
    return Term("image", buffer.getvalue())


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Two films of still scenes, three seconds each; scene 3 is in both."""
    folder = tmp_path_factory.mktemp("films")
    write_video(folder / "one.mp4", [scene(1), scene(2), scene(3)], seconds_each=3.0, size=SIZE)
    write_video(folder / "two.mp4", [scene(3), scene(4)], seconds_each=3.0, size=SIZE)
    library = Library(folder / "library", create=True)
    ingest(library, ColorEncoder(), [folder / "one.mp4", folder / "two.mp4"])
    return library


def places(sightings: tuple[Sighting, ...]) -> list[tuple[str, int]]:
    """(name, which of its scenes) of each."""
    return sorted((Path(sighting.item.path).name, int(sighting.time_s // 3)) for sighting in sightings)


@pytest.mark.parametrize(
    "term",
    [
        saved(scene(2)),
        saved(scene(2), scale=0.4, quality=25),
        saved(scene(2), scale=1.8),
        saved(scene(2).crop((30, 20, 450, 250)), scale=0.8, quality=50),
        saved(scene(2).crop((160, 40, 460, 240))),
    ],
    ids=["saved again", "small and poor", "enlarged", "trimmed", "a part of it"],
)
def test_a_copy_is_found_at_its_second(films: Library, encoder: ColorEncoder, term: Term) -> None:
    (only,) = locate(films, encoder, term)
    assert places((only,)) == [("one.mp4", 1)] and only.likeness > 0.9


def test_whole_and_part_are_told_apart(films: Library, encoder: ColorEncoder) -> None:
    (whole,) = locate(films, encoder, saved(scene(4), scale=0.5))
    (part,) = locate(films, encoder, saved(scene(4).crop((40, 40, 440, 240))))
    assert whole.is_whole_image and not part.is_whole_image


def test_all_videos_that_hold_it_are_found(films: Library, encoder: ColorEncoder) -> None:
    assert places(locate(films, encoder, saved(scene(3)))) == [("one.mp4", 2), ("two.mp4", 0)]
    limited = locate(films, encoder, saved(scene(3)), filters=Filters(max_duration_s=7))
    assert places(limited) == [("two.mp4", 0)]


@pytest.mark.parametrize(
    "image",
    [scene(2, moved=12), scene(9), scene(2).transpose(Image.Transpose.FLIP_LEFT_RIGHT)],
    ids=["another photo of the scene", "another scene", "mirrored"],
)
def test_a_picture_that_is_only_alike_is_in_none(films: Library, encoder: ColorEncoder, image: Image.Image) -> None:
    assert locate(films, encoder, saved(image)) == ()


def test_the_second_is_that_of_the_frame(tmp_path: Path, encoder: ColorEncoder) -> None:
    wide = scene(5).resize((720, 405))
    pan = [(wide.crop((4 * step, 60, 4 * step + 480, 330)), 0.1) for step in range(60)]
    path = write_video(tmp_path / "pan.mp4", pan, fps=10, size=SIZE)
    library = Library(tmp_path / "library", create=True)
    ingest(library, encoder, [path])
    (found,) = locate(library, encoder, saved(frame_at(path, 3.75), scale=0.6))
    assert found.time_s == pytest.approx(3.75, abs=0.1) and found.is_whole_image


def test_a_frame_of_the_library_finds_its_copies_but_not_itself(films: Library, encoder: ColorEncoder) -> None:
    one = next(item["id"] for item in films.items().to_pylist() if item["path"].endswith("one.mp4"))
    assert places(locate(films, encoder, Term("frame", f"{one}@7.5"))) == [("two.mp4", 0)]
    assert locate(films, encoder, Term("frame", f"{one}@1.5")) == ()


def test_a_video_that_is_gone_is_passed_over_and_told(tmp_path: Path, encoder: ColorEncoder) -> None:
    for name in ("here", "gone"):
        write_video(tmp_path / f"{name}.mp4", [scene(1)], seconds_each=2.0, size=SIZE)
    library = Library(tmp_path / "library", create=True)
    ingest(library, encoder, [tmp_path / "here.mp4", tmp_path / "gone.mp4"])
    (tmp_path / "gone.mp4").unlink()
    predictions: list[tuple[str, str]] = []
    found = locate(
        library, encoder, saved(scene(1)), on_unreadable=lambda item, why: predictions.append((item.path, why))
    )
    assert places(found) == [("here.mp4", 0)]
    assert predictions == [(str(tmp_path / "gone.mp4"), "The file is not there any more.")]


def test_a_library_without_videos_holds_nothing(library: Library, encoder: ColorEncoder) -> None:
    assert locate(library, encoder, saved(scene(1))) == ()


@pytest.mark.parametrize("term", [Term("text", "a cat"), Term("image", b"no picture"), Term("item", "f" * 24)])
def test_what_is_no_picture_is_refused(films: Library, encoder: ColorEncoder, term: Term) -> None:
    with pytest.raises(QueryError, match="picture"):
        locate(films, encoder, term)


def test_it_tells_how_far_it_is_and_can_be_stopped(films: Library, encoder: ColorEncoder) -> None:
    predictions: list[Progress] = []
    locate(films, encoder, saved(scene(3)), task=Task(predictions.append))
    assert predictions and predictions[-1].unit == "places" and predictions[-1].done < (predictions[-1].total or 0)
    stop = threading.Event()
    stop.set()
    assert locate(films, encoder, saved(scene(3)), task=Task(cancel=stop)) == ()
