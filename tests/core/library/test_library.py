"""A library through its life: indexed, changed, moved, broken, killed, cleaned."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import pytest
from fakes import COLORS, ColorEncoder
from PIL import Image

from core.errors import LibraryError
from core.library import Library, ingest
from core.progress import Progress, Task

N = len(COLORS)


def statuses(library: Library) -> dict[str, str]:
    return {Path(row["path"]).name: row["status"] for row in library.items().to_pylist()}


def test_a_folder_becomes_searchable(library: Library, encoder: ColorEncoder) -> None:
    index = library.index(encoder)
    assert len(index) == N and library.counts() == {"ok": N, "failed": 0, "missing": 0}
    scores, numbers = index.search(encoder.encode_texts(["blue"])[0], 1)
    assert Path(index.item(int(numbers[0])).path).name == "blue.png"
    assert scores[0] == pytest.approx(1.0, abs=0.02)  # half precision


def test_items_know_their_facts(library: Library, photos: Path) -> None:
    row = next(row for row in library.items().to_pylist() if row["path"] == str(photos / "red.png"))
    assert (row["width"], row["height"]) == (80, 60)
    assert row["bytes"] == (photos / "red.png").stat().st_size and row["kind"] == "image"


def test_an_unchanged_folder_is_not_read_again(library: Library, encoder: ColorEncoder, photos: Path) -> None:
    before = encoder.images_seen
    report = ingest(library, encoder, [photos])
    assert (report.unchanged, report.added, report.embedded) == (N, 0, 0)
    assert encoder.images_seen == before


def test_touched_moved_changed_and_new(library: Library, encoder: ColorEncoder, photos: Path) -> None:
    os.utime(photos / "red.png", (1, 1))
    (photos / "blue.png").rename(photos / "more" / "sea.png")
    Image.new("RGB", (50, 50), COLORS["red"]).save(photos / "more" / "green.png")
    Image.new("RGB", (50, 50), COLORS["blue"]).save(photos / "new.png")
    before = encoder.images_seen
    report = ingest(library, encoder, [photos])
    assert (report.added, report.updated, report.renamed, report.unchanged) == (1, 1, 1, N - 2)
    assert report.missing == 0 and not report.failed
    assert encoder.images_seen == before + 2  # only the new and the changed picture
    assert report.items == report.vectors == len(library.index(encoder)) == N + 1
    top = library.index(encoder).search(encoder.encode_texts(["red"])[0], 2)[1]
    assert {Path(library.index(encoder).item(int(n)).path).name for n in top} == {"red.png", "green.png"}


def test_a_moved_folder_keeps_its_vectors_and_ids(library: Library, encoder: ColorEncoder, photos: Path) -> None:
    ids = set(library.items()["id"].to_pylist())
    photos.rename(photos.parent / "elsewhere")
    before = encoder.images_seen
    report = ingest(library, encoder, [photos.parent / "elsewhere"])
    assert (report.renamed, report.embedded, encoder.images_seen) == (N, 0, before)
    assert set(library.items()["id"].to_pylist()) == ids


def test_moved_away_and_a_copy_put_back(library: Library, encoder: ColorEncoder, photos: Path) -> None:
    (photos / "red.png").rename(photos / "moved.png")
    ingest(library, encoder, [photos])
    shutil.copy(photos / "moved.png", photos / "red.png")
    report = ingest(library, encoder, [photos])
    assert report.added == 1 and report.items == len(library.index(encoder)) == N + 1
    assert len(set(library.items()["id"].to_pylist())) == N + 1


def test_two_copies_of_a_vanished_file(library: Library, encoder: ColorEncoder, photos: Path) -> None:
    for name in ("one.png", "two.png"):
        shutil.copy(photos / "red.png", photos / name)
    (photos / "red.png").unlink()
    report = ingest(library, encoder, [photos])
    assert (report.renamed, report.added, report.missing) == (1, 1, 0)
    assert report.items == report.vectors == N + 1


def test_vanished_files_are_marked_come_back_and_can_be_purged(
    library: Library, encoder: ColorEncoder, photos: Path, tmp_path: Path
) -> None:
    shutil.move(photos / "red.png", tmp_path / "aside.png")
    report = ingest(library, encoder, [photos])
    assert report.missing == 1 and statuses(library)["red.png"] == "missing"
    assert len(library.index(encoder)) == N - 1

    shutil.move(tmp_path / "aside.png", photos / "red.png")
    report = ingest(library, encoder, [photos])
    assert (report.missing, report.embedded, report.items) == (0, 0, N)

    (photos / "red.png").unlink()
    ingest(library, encoder, [photos])
    assert library.purge_missing() == 1
    assert "red.png" not in statuses(library) and library.encoders()[0].vectors == N - 1


def test_files_outside_the_scanned_folder_are_left_alone(library: Library, encoder: ColorEncoder, photos: Path) -> None:
    (photos / "red.png").unlink()
    report = ingest(library, encoder, [photos / "more"])
    assert report.missing == 0 and statuses(library)["red.png"] == "ok"


def test_bad_files_are_rows_with_reasons_and_stop_nobody(library: Library, encoder: ColorEncoder, photos: Path) -> None:
    whole = (photos / "red.png").read_bytes()
    odd = "smile \N{GRINNING FACE}\nnew line.png"
    (photos / odd).write_bytes(whole)
    (photos / "cut.png").write_bytes(whole[: len(whole) // 2])
    (photos / "empty.jpg").touch()
    (photos / "words.jpg").write_text("words")
    Image.new("RGB", (1, 1)).save(photos / "dot.png")
    (photos / "notes.txt").write_text("not asked for")
    (photos / ".hidden.png").write_bytes(whole)
    (photos / "link.png").symlink_to(photos / "nowhere.png")
    (photos / "loop").symlink_to(photos)
    os.mkfifo(photos / "pipe.jpg")
    report = ingest(library, encoder, [photos])
    failed = {Path(path).name: reason for path, reason in report.failed}
    assert set(failed) == {"cut.png", "empty.jpg", "words.jpg", "link.png", "pipe.jpg"}
    assert all(len(reason) > 15 for reason in failed.values())
    assert report.added == 2 and statuses(library)[odd] == "ok"
    assert {Path(item.path).name for item in library.failures()} >= {"cut.png", "empty.jpg", "words.jpg"}
    assert report.items == len(library.index(encoder)) == N + 2

    (photos / "cut.png").write_bytes(whole)  # mended
    report = ingest(library, encoder, [photos])
    assert "cut.png" not in {Path(path).name for path, _ in report.failed}
    assert statuses(library)["cut.png"] == "ok" and report.items == N + 3


def test_a_name_that_is_not_utf8_is_reported(library: Library, encoder: ColorEncoder, photos: Path) -> None:
    try:
        os.rename(os.fsencode(photos / "red.png"), os.fsencode(photos) + b"/\xff\xfe.png")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    report = ingest(library, encoder, [photos])
    assert [reason for _, reason in report.failed] == ["The name is not valid UTF-8: rename the file."]


class FussyEncoder(ColorEncoder):
    """Falls over whenever a batch holds a picture of a certain width."""

    def encode_images(self, images):  # type: ignore[no-untyped-def]
        if any(image.width == 83 for image in images):
            raise ValueError("cannot digest this")
        return super().encode_images(images)


def test_a_picture_the_encoder_chokes_on_stops_nobody(tmp_path: Path, photos: Path) -> None:
    library = Library(tmp_path / "library", create=True)
    report = ingest(library, FussyEncoder(), [photos])
    assert report.items == N - 1 and len(report.failed) == 1
    assert "cannot digest this" in report.failed[0][1]


def test_several_encoders_live_side_by_side(library: Library, encoder: ColorEncoder, photos: Path) -> None:
    other = ColorEncoder("colour-2", "another")
    assert len(library.index(other)) == 0
    report = ingest(library, other, [photos])
    assert (report.embedded, report.added, report.unchanged) == (N, 0, N)
    Image.new("RGB", (50, 50), "pink").save(photos / "pink.png")
    ingest(library, other, [photos])
    assert {entry.id: entry.vectors for entry in library.encoders()} == {"colour-1": N, "colour-2": N + 1}
    report = ingest(library, encoder, [photos])
    assert report.embedded == 1  # only what this encoder misses
    library.drop_encoder("colour-2")
    assert [entry.id for entry in library.encoders()] == ["colour-1"] and len(library.index(encoder)) == N + 1


def test_progress_reaches_the_end(tmp_path: Path, photos: Path, encoder: ColorEncoder) -> None:
    seen: list[Progress] = []
    ingest(Library(tmp_path / "library", create=True), encoder, [photos], task=Task(seen.append))
    done = [progress.done for progress in seen if progress.stage == "embed"]
    assert done == sorted(done) and done[-1] == seen[-1].total == N


def test_cancel_keeps_what_was_done_and_the_next_run_finishes(
    tmp_path: Path, photos: Path, encoder: ColorEncoder
) -> None:
    library, cancel = Library(tmp_path / "library", create=True), threading.Event()
    on_progress = lambda progress: cancel.set() if progress.done >= 2 else None  # noqa: E731
    report = ingest(library, encoder, [photos], task=Task(on_progress, cancel))
    assert report.cancelled and 2 <= report.items < N
    second = ingest(library, encoder, [photos])
    assert second.items == second.vectors == N and second.embedded == N - report.embedded


def test_a_cancelled_run_calls_nothing_missing(library: Library, encoder: ColorEncoder, photos: Path) -> None:
    """It has not looked at the file that the gone one may have become."""
    (photos / "red.png").rename(photos / "renamed.png")
    cancel, seen = threading.Event(), encoder.images_seen
    cancel.set()
    report = ingest(library, encoder, [photos], task=Task(cancel=cancel))
    assert report.cancelled and report.missing == 0
    assert library.counts()["ok"] == N and library.counts()["missing"] == 0
    assert ingest(library, encoder, [photos]).items == N and encoder.images_seen == seen, "a move, found later"


def test_one_writer_at_a_time(library: Library, encoder: ColorEncoder, photos: Path) -> None:
    with library.writing(), pytest.raises(LibraryError, match="another process"):
        ingest(Library(library.path), encoder, [photos])


def test_a_reader_sees_commits_of_another_handle(library: Library, encoder: ColorEncoder, photos: Path) -> None:
    reader = Library(library.path)
    assert len(reader.index(encoder)) == N
    Image.new("RGB", (50, 50), "pink").save(photos / "pink.png")
    ingest(library, encoder, [photos])
    assert len(reader.index(encoder)) == N + 1


@pytest.mark.parametrize(
    ("mark", "says"),
    [(None, "There is no library"), ("{", "damaged"), ('{"format": 99}', "newer version"), ("[]", "damaged")],
)
def test_what_is_no_library_is_refused(tmp_path: Path, mark: str | None, says: str) -> None:
    if mark is not None:
        (tmp_path / "library.json").write_text(mark)
    with pytest.raises(LibraryError, match=says):
        Library(tmp_path)


def test_a_library_is_not_made_among_other_files(photos: Path) -> None:
    with pytest.raises(LibraryError, match="holds other files"):
        Library(photos, create=True)


def test_a_path_that_is_not_there(library: Library, encoder: ColorEncoder, tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="no file or folder"):
        ingest(library, encoder, [tmp_path / "nowhere"])


@pytest.mark.parametrize("linked_first", [False, True])
def test_a_folder_and_a_link_to_it_are_one_folder(
    photos: Path, tmp_path: Path, encoder: ColorEncoder, linked_first: bool
) -> None:
    (tmp_path / "link").symlink_to(photos)
    first, second = (tmp_path / "link", photos) if linked_first else (photos, tmp_path / "link")
    library = Library(tmp_path / "both", create=True)
    ingest(library, encoder, [first])
    (photos / "red.png").unlink()
    report = ingest(library, encoder, [second])
    assert (report.items, report.added, report.unchanged, report.missing) == (N - 1, 0, N - 1, 1)


def test_a_photo_whose_name_a_folder_has_is_gone(library: Library, encoder: ColorEncoder, photos: Path) -> None:
    (photos / "red.png").unlink()
    (photos / "red.png").mkdir()
    assert ingest(library, encoder, [photos]).missing == 1 and statuses(library)["red.png"] == "missing"


def test_an_empty_path_is_no_folder(library: Library, encoder: ColorEncoder) -> None:
    with pytest.raises(LibraryError, match="path is empty"):
        ingest(library, encoder, [""])
    with pytest.raises(LibraryError, match="is empty"):
        Library("", create=True)


@pytest.mark.parametrize("name", ["a\nb", "a\tb", "a\x7fb"])
def test_a_path_with_a_line_break_is_refused_before_anything_is_made(tmp_path: Path, name: str) -> None:
    with pytest.raises(LibraryError, match="rename the folder"):
        Library(tmp_path / name, create=True)
    assert not (tmp_path / name).exists()


def test_a_damaged_table_says_what_to_do(library: Library) -> None:
    for version in (library.path / "items.lance" / "_versions").iterdir():
        version.write_bytes(b"garbage")
    with pytest.raises(LibraryError, match="Restore the folder"):
        Library(library.path).items()


def test_delete_leaves_the_photos(library: Library, photos: Path) -> None:
    library.delete()
    assert not library.path.exists() and (photos / "red.png").exists()


def test_new_weights_of_an_encoder_replace_its_old_vectors(
    library: Library, encoder: ColorEncoder, photos: Path
) -> None:
    ingest(library, ColorEncoder("colour-1b"), [photos / "more"])
    assert {entry.id for entry in library.encoders()} == {"colour-1", "colour-1b"}  # not all have new ones yet
    ingest(library, ColorEncoder("colour-1b"), [photos])
    assert [(entry.id, entry.vectors) for entry in library.encoders()] == [("colour-1b", N)]


def test_files_that_swap_names_keep_their_vectors(library: Library, encoder: ColorEncoder, photos: Path) -> None:
    (photos / "red.png").rename(photos / "aside")
    (photos / "blue.png").rename(photos / "red.png")
    (photos / "aside").rename(photos / "blue.png")
    before = encoder.images_seen
    report = ingest(library, encoder, [photos])
    assert (report.updated, report.embedded, encoder.images_seen) == (2, 0, before)
    top = library.index(encoder).search(encoder.encode_texts(["red"])[0], 1)[1]
    assert library.index(encoder).item(int(top[0])).path.endswith("blue.png")
    assert library.encoders()[0].vectors == N


def test_links_are_not_listed_before_what_they_point_to(library: Library, encoder: ColorEncoder, photos: Path) -> None:
    (photos / "a link").symlink_to(photos / "more")
    (photos / "self.png").symlink_to("self.png")
    report = ingest(library, encoder, [photos])
    assert (report.added, report.items) == (0, N)
    assert [Path(path).name for path, _ in report.failed] == ["self.png"]
    assert "self.png" in {Path(item.path).name for item in library.failures()}


def test_what_cannot_be_looked_at_is_not_called_missing(
    library: Library, encoder: ColorEncoder, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_stat, real_lstat = os.stat, os.lstat

    def closed(real):  # type: ignore[no-untyped-def]
        def look(path, *args, **options):  # type: ignore[no-untyped-def]
            if str(path).endswith("red.png"):
                raise PermissionError(13, "Permission denied")
            return real(path, *args, **options)

        return look

    with monkeypatch.context() as patch:
        patch.setattr(os, "stat", closed(real_stat))
        patch.setattr(os, "lstat", closed(real_lstat))
        report = ingest(library, encoder, [photos])
    assert report.missing == 0 and "Permission denied" in report.failed[0][1]
    assert statuses(library)["red.png"] == "failed" and library.purge_missing() == 0
    before = encoder.images_seen
    ingest(library, encoder, [photos])
    assert statuses(library)["red.png"] == "ok" and encoder.images_seen == before  # its vectors were kept


def test_a_clock_gone_wrong_stops_nobody(library: Library, encoder: ColorEncoder, photos: Path) -> None:
    os.utime(photos / "red.png", (10**12, 10**12))
    assert ingest(library, encoder, [photos]).items == N


def test_what_one_encoder_cannot_digest_stays_searchable_under_another(
    library: Library, encoder: ColorEncoder, photos: Path
) -> None:
    other = FussyEncoder("fussy", "fussy")
    report = ingest(library, other, [photos])
    assert len(report.failed) == 1 and report.items == N
    assert len(library.index(encoder)) == N and len(library.index(other)) == N - 1


def test_links_from_one_folder_into_another_make_no_twins(
    library: Library, encoder: ColorEncoder, photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "link").symlink_to(photos)
    report = ingest(library, encoder, [tmp_path / "first", photos])
    assert (report.added, report.items) == (0, N)


def test_a_library_in_use_is_not_deleted(library: Library) -> None:
    with library.writing(), pytest.raises(LibraryError, match="another process"):
        Library(library.path).delete()
    assert Library(library.path).counts()["ok"] == N


def test_an_empty_folder_does_not_cost_old_vectors(
    library: Library, encoder: ColorEncoder, photos: Path, tmp_path: Path
) -> None:
    photos.rename(tmp_path / "unmounted")
    photos.mkdir()
    ingest(library, ColorEncoder("colour-1b"), [photos])
    assert [entry.id for entry in library.encoders()] == ["colour-1"]


def test_a_library_can_be_read_by_who_may_read_other_files(tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    mark = Library(tmp_path / "library", create=True).path / "library.json"
    assert mark.stat().st_mode == (tmp_path / "other").stat().st_mode
