"""Videos in a library: frames as rows with their seconds, sampled again when asked, resumed in the middle."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
from fakes import ColorEncoder
from media import audio_only, drop_control_blocks, truncate, write_gif, write_video

from core.library import Item, Library, ingest
from core.library.ingest.run import IngestReport
from core.library.schema import FORMAT_VERSION
from core.library.track import embed_video, track_of
from core.media.sampling import Sampling
from core.progress import Progress, Task
from core.search.query import embed_query, parse_query

pytestmark = pytest.mark.slow

SHOTS = ("red", "blue", "green")


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """A folder with `colours.mp4`: red, blue and green for two seconds each."""
    folder = tmp_path / "clips"
    folder.mkdir()
    write_video(folder / "colours.mp4", SHOTS)
    return folder


@pytest.fixture
def empty(tmp_path: Path) -> Library:
    return Library(tmp_path / "videos", create=True)


def only_item(library: Library) -> Item:
    (row,) = library.items().to_pylist()
    return Item.from_row(row)


def rows_of(library: Library, encoder: ColorEncoder) -> list[tuple[float, float]]:
    track = track_of(library.index(encoder), only_item(library).id)
    return list(zip(track.start_s.tolist(), track.end_s.tolist(), strict=True))


def test_a_video_is_an_item_and_its_shots_are_rows(empty: Library, encoder: ColorEncoder, clips: Path) -> None:
    report = ingest(empty, encoder, [clips])
    item = only_item(empty)
    assert (report.added, report.items, report.vectors, report.embedded) == (1, 1, 3, 6)
    assert report.video_seconds == pytest.approx(6, abs=0.1)
    assert (item.kind, item.status, item.reason, item.width, item.height) == ("video", "ok", None, 320, 180)
    assert item.duration_s == pytest.approx(6, abs=0.1)
    assert np.allclose(rows_of(empty, encoder), [(0, 2), (2, 4), (4, 6)], atol=0.1)


def test_each_row_has_the_vector_of_what_is_shown(empty: Library, encoder: ColorEncoder, clips: Path) -> None:
    ingest(empty, encoder, [clips])
    track = track_of(empty.index(encoder), only_item(empty).id)
    similarities = encoder.encode_texts(SHOTS) @ track.vectors.T
    assert (similarities.argmax(axis=0) == [0, 1, 2]).all() and similarities.diagonal().min() > 0.95


def test_an_unchanged_video_is_not_opened_again(empty: Library, encoder: ColorEncoder, clips: Path) -> None:
    ingest(empty, encoder, [clips])
    seen = encoder.images_seen
    again = ingest(empty, encoder, [clips])
    assert (again.unchanged, again.embedded, encoder.images_seen) == (1, 0, seen)


def test_another_rate_embeds_again_and_no_rate_keeps_it(empty: Library, encoder: ColorEncoder, clips: Path) -> None:
    ingest(empty, encoder, [clips])
    at_four = ingest(empty, encoder, [clips], Sampling(4))
    assert at_four.embedded == 24 and at_four.vectors == 3
    assert set(empty.samplings(encoder.id).values()) == {"4 fps"}
    assert ingest(empty, encoder, [clips]).embedded == 0
    assert ingest(empty, encoder, [clips], Sampling(4)).embedded == 0
    assert ingest(empty, encoder, [clips], Sampling(1, "keyframes")).embedded > 0
    assert set(empty.samplings(encoder.id).values()) == {"1 fps keyframes"}


def test_a_moved_and_a_copied_video_keep_their_vectors(empty: Library, encoder: ColorEncoder, clips: Path) -> None:
    ingest(empty, encoder, [clips])
    before, seen = only_item(empty), encoder.images_seen
    (clips / "colours.mp4").rename(clips / "renamed.mp4")
    assert ingest(empty, encoder, [clips]).renamed == 1
    assert only_item(empty).id == before.id and only_item(empty).duration_s == before.duration_s
    shutil.copy(clips / "renamed.mp4", clips / "twin.mp4")
    report = ingest(empty, encoder, [clips])
    assert (report.added, report.vectors, encoder.images_seen) == (1, 6, seen)
    assert {row["duration_s"] for row in empty.items().to_pylist()} == {before.duration_s}


def test_two_copies_in_one_folder_are_embedded_once(empty: Library, encoder: ColorEncoder, clips: Path) -> None:
    write_video(clips / "a long one.mp4", ("red", "white") * 200, seconds_each=1.0, fps=2, size=(64, 48))
    shutil.copy(clips / "a long one.mp4", clips / "its twin.mp4")
    report = ingest(empty, encoder, [clips])
    assert report.items == 3 and encoder.images_seen < 500


def stopped_run(library: Library, encoder: ColorEncoder, clips: Path, share: float) -> IngestReport:
    """Cancels once a share of the videos is done."""
    cancel = threading.Event()

    def tell(progress: Progress) -> None:
        if progress.stage == "embed videos" and progress.fraction >= share:
            cancel.set()

    return ingest(library, encoder, [clips], task=Task(tell, cancel))


@pytest.mark.parametrize("sampling", [Sampling(1), Sampling(3), Sampling(0.7), Sampling(1, "keyframes")], ids=str)
def test_a_long_video_goes_on_where_it_was_stopped(
    tmp_path: Path, empty: Library, encoder: ColorEncoder, sampling: Sampling
) -> None:
    clips = tmp_path / "clips"
    clips.mkdir()
    colors = ("red", "blue", "green", "yellow", "purple") * 20
    write_video(clips / "long.mp4", colors, seconds_each=2.7, fps=6, size=(64, 48), gop=7)
    cancel = threading.Event()

    def tell(progress: Progress) -> None:
        if progress.stage == "embed videos" and progress.fraction >= 0.5:
            cancel.set()

    first = ingest(empty, encoder, [clips], sampling, task=Task(tell, cancel))
    assert first.cancelled and first.items == 0 and len(empty.index(encoder)) == 0, "half a video must not be found"
    (unfinished,) = empty.failures()
    assert unfinished.kind == "video" and "go on" in (unfinished.reason or "")
    halfway = encoder.images_seen
    second = ingest(empty, encoder, [clips])  # the rate of the stopped run is remembered
    resumed = encoder.images_seen - halfway
    assert second.items == 1 and not empty.failures() and only_item(empty).reason is None
    whole = Library(tmp_path / "whole", create=True)
    ingest(whole, encoder, [clips], sampling)
    assert resumed < 0.65 * (encoder.images_seen - halfway - resumed)
    assert rows_of(empty, encoder) == rows_of(whole, encoder)


def test_broken_videos_are_listed_and_stop_nothing(empty: Library, encoder: ColorEncoder, clips: Path) -> None:
    (clips / "words.mp4").write_text("not a video at all")
    (clips / "empty.mp4").write_bytes(b"")
    audio_only(clips / "song.mp4")
    report = ingest(empty, encoder, [clips])
    reasons = {Path(path).name: reason for path, reason in report.failed}
    assert report.items == 1 and set(reasons) == {"words.mp4", "empty.mp4", "song.mp4"}
    assert "Not a video" in reasons["words.mp4"] and "0 bytes" in reasons["empty.mp4"]
    assert "sound" in reasons["song.mp4"]
    assert {item.kind for item in empty.failures()} == {"video"}


def test_of_a_truncated_video_what_can_be_read_is_kept(empty: Library, encoder: ColorEncoder, tmp_path: Path) -> None:
    clips = tmp_path / "cut"
    clips.mkdir()
    fast = {"movflags": "faststart"}
    path = write_video(clips / "cut.mp4", SHOTS * 4, gop=5, options={"crf": "1"}, container=fast)
    truncate(path, 0.6)
    report = ingest(empty, encoder, [clips])
    item = only_item(empty)
    assert report.items == 1 and item.status == "ok"
    assert "Only the first" in (item.reason or "") and 3 < (item.duration_s or 0) < 20
    assert rows_of(empty, encoder)[-1][1] <= (item.duration_s or 0) + 0.1


def test_an_animated_gif_is_a_video_and_a_still_one_a_picture(
    empty: Library, encoder: ColorEncoder, tmp_path: Path
) -> None:
    folder = tmp_path / "gifs"
    folder.mkdir()
    write_gif(folder / "moving.gif", SHOTS)
    write_gif(folder / "still.gif", ("red",))
    drop_control_blocks(write_gif(folder / "moving as it likes.gif", SHOTS))
    drop_control_blocks(write_gif(folder / "still as it likes.gif", ("red",)))
    ingest(empty, encoder, [folder])
    kinds = {Path(row["path"]).name: row["kind"] for row in empty.items().to_pylist()}
    assert kinds == {
        "moving.gif": "video", "moving as it likes.gif": "video",
        "still.gif": "image", "still as it likes.gif": "image",
    }  # fmt: skip
    seconds = {Path(row["path"]).name: row["duration_s"] for row in empty.items().to_pylist()}
    assert seconds["moving as it likes.gif"] == pytest.approx(0.1 * len(SHOTS))


def test_a_frame_that_the_encoder_fails_on_stops_nothing(empty: Library, clips: Path) -> None:
    class Picky(ColorEncoder):
        def encode_images(self, images):  # type: ignore[no-untyped-def]
            if any(image.getpixel((5, 5))[2] > 180 for image in images):
                raise RuntimeError("no blue")
            return super().encode_images(images)

    encoder = Picky()
    ingest(empty, encoder, [clips])
    assert only_item(empty).status == "ok" and len(rows_of(empty, encoder)) == 2


def test_a_library_of_the_first_format_takes_videos(library: Library, encoder: ColorEncoder, clips: Path) -> None:
    """What an earlier version wrote: no column for the sampling, and its number in the mark."""
    for entry in library.encoders():
        table = library.vector_table(entry.id)
        table.drop_columns(["sampling"])
    mark = library.path / "library.json"
    mark.write_text(json.dumps({**json.loads(mark.read_text()), "format": 1}))
    old = Library(library.path)
    photos = len(old.index(encoder))
    assert photos and old.samplings(encoder.id) == {}
    report = ingest(old, encoder, [clips])
    assert report.added == 1 and len(old.index(encoder)) == photos + 3
    assert json.loads(mark.read_text())["format"] == FORMAT_VERSION


def test_whole_videos_and_frames_are_terms_of_a_query(empty: Library, encoder: ColorEncoder, clips: Path) -> None:
    ingest(empty, encoder, [clips])
    item, index = only_item(empty), empty.index(encoder)
    red, blue, _ = encoder.encode_texts(SHOTS)
    frame = embed_query(encoder, parse_query(f"item:{item.id}@2.5"), index=index)
    assert frame @ blue > 0.95 > frame @ red
    whole = embed_query(encoder, parse_query(f"item:{item.id}"), index=index)
    clip = embed_query(encoder, parse_query(str(clips / "colours.mp4")))
    assert whole @ clip > 0.999
    assert np.allclose(whole, track_of(index, item.id).mean_vector(), atol=1e-3)


def test_segments_are_means_over_their_seconds(encoder: ColorEncoder, clips: Path) -> None:
    track = embed_video(encoder, clips / "colours.mp4", Sampling(5))
    segments = track.segments(4.0)
    assert np.allclose(segments.start_s, [0, 4], atol=0.1) and np.allclose(segments.end_s, [4, 6], atol=0.1)
    red, blue, green = encoder.encode_texts(SHOTS)
    assert segments.vectors[0] @ red == pytest.approx(segments.vectors[0] @ blue, abs=0.05)
    assert segments.vectors[1] @ green > 0.95
    assert np.allclose(np.linalg.norm(segments.vectors, axis=1), 1, atol=1e-4)
    with pytest.raises(ValueError, match="longer"):
        track.segments(0)


def test_copies_sampled_again_have_no_vectors_of_before(empty: Library, encoder: ColorEncoder, clips: Path) -> None:
    shutil.copy(clips / "colours.mp4", clips / "twin.mp4")
    ingest(empty, encoder, [clips])
    assert ingest(empty, encoder, [clips], Sampling(4)).vectors == 6
    assert set(empty.samplings(encoder.id).values()) == {"4 fps"}


def test_a_run_stopped_in_the_last_frames_does_not_call_the_video_whole(
    empty: Library, encoder: ColorEncoder, tmp_path: Path
) -> None:
    clips = tmp_path / "clips"
    clips.mkdir()
    write_video(clips / "long.mp4", ("red", "blue") * 30, seconds_each=2.0, fps=4, size=(64, 48))
    assert stopped_run(empty, encoder, clips, 0.3).items == 0
    assert stopped_run(empty, encoder, clips, 0.6).items == 0
    ingest(empty, encoder, [clips])
    assert (only_item(empty).duration_s, len(rows_of(empty, encoder))) == (pytest.approx(120, abs=0.5), 60)


@pytest.mark.parametrize("in_part", [False, True])
def test_a_run_killed_between_vectors_and_item_leaves_a_whole_item_to_the_next(
    empty: Library, encoder: ColorEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_part: bool
) -> None:
    clips = tmp_path / "clips"
    clips.mkdir()
    write_video(clips / "long.mp4", ("red", "blue") * 30, seconds_each=2.0, fps=4, size=(64, 48))
    if in_part:
        stopped_run(empty, encoder, clips, 0.5)
    put_items = Library.put_items

    def dies(library: Library, items: list[Item], *, key: str = "path") -> None:
        if any(item.status == "ok" for item in items):
            raise KeyboardInterrupt
        put_items(library, items, key=key)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Library, "put_items", dies)
        ingest(empty, encoder, [clips])
    seen = encoder.images_seen
    ingest(empty, encoder, [clips])
    item = only_item(empty)
    assert (item.status, item.reason, item.width) == ("ok", None, 64) and item.duration_s == pytest.approx(120, abs=0.5)
    assert encoder.images_seen == seen and len(rows_of(empty, encoder)) == 60


def test_a_video_of_something_that_never_moves_is_gone_on_with_too(
    empty: Library, encoder: ColorEncoder, tmp_path: Path
) -> None:
    clips = tmp_path / "clips"
    clips.mkdir()
    write_video(clips / "still.mp4", ("red",), seconds_each=600.0, fps=2, size=(64, 48))
    stopped_run(empty, encoder, clips, 0.5)
    halfway = encoder.images_seen
    assert ingest(empty, encoder, [clips]).items == 1
    assert encoder.images_seen - halfway < 420
    assert rows_of(empty, encoder)[-1][1] == pytest.approx(600, abs=1)


def test_a_sampling_that_was_given_up_leaves_nothing(empty: Library, encoder: ColorEncoder, tmp_path: Path) -> None:
    clips = tmp_path / "clips"
    clips.mkdir()
    write_video(clips / "long.mp4", ("red", "blue") * 30, seconds_each=2.0, fps=4, size=(64, 48))
    ingest(empty, encoder, [clips])
    cancel = threading.Event()

    def tell(progress: Progress) -> None:
        if progress.stage == "embed videos" and progress.fraction > 0.5:
            cancel.set()

    ingest(empty, encoder, [clips], Sampling(4), task=Task(tell, cancel))
    assert any("~" in entry for entry in empty.vector_ids(encoder.id))
    report = ingest(empty, encoder, [clips])
    assert report.vectors == 60 and not any("~" in entry for entry in empty.vector_ids(encoder.id))
