"""Lists of files that a library could do without: what they say, and that no name can bend them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from fakes import ColorEncoder
from media import truncate, write_video

from core import Library, ingest
from core.cleanup.findings import Finding, find_unreadable, findings_csv, paths_lines, paths_list
from core.library.schema import Item


def item(path: str) -> Item:
    return Item(path, path, "image", "ok", 10, 0)


def test_unreadable_files_and_damaged_videos_are_listed_with_their_reasons(
    library: Library, photos: Path, encoder: ColorEncoder
) -> None:
    assert find_unreadable(library) == []
    (photos / "broken.jpg").write_bytes(b"no picture at all")
    (photos / "empty.png").write_bytes(b"")
    truncate(write_video(photos / "cut.mp4", seconds_each=4, container={"movflags": "faststart"}), 0.6)
    ingest(library, encoder, [photos])
    found = {Path(entry.item.path).name: entry for entry in find_unreadable(library)}
    assert set(found) == {"broken.jpg", "empty.png", "cut.mp4"}
    assert "Not a picture" in found["broken.jpg"].why and "empty" in found["empty.png"].why
    assert found["cut.mp4"].item.status == "ok" and found["cut.mp4"].why == found["cut.mp4"].item.reason


def test_the_table_says_why_and_which_copy_to_keep() -> None:
    findings = [
        Finding(item("/a/small.jpg"), "near copy", "/a/large.jpg", 0.98765),
        Finding(item("/a/dark.jpg"), "dark"),
    ]
    rows = list(csv.DictReader(io.StringIO(findings_csv(findings, redact=str))))
    assert rows[0] == {"path": "/a/small.jpg", "why": "near copy", "best_copy": "/a/large.jpg", "cosine": "0.9877"}
    assert rows[1] == {"path": "/a/dark.jpg", "why": "dark", "best_copy": "", "cosine": ""}


def test_hostile_names_come_back_from_the_lists_as_they_are(tmp_path: Path) -> None:
    names = ["line\nbreak.jpg", "-rf.jpg", '"quoted", and=1.jpg', "$(touch x) 'y'.jpg", "späth 日本.jpg"]
    paths = [str(tmp_path / name) for name in names]
    findings = [Finding(item(path), "=1+1") for path in paths]
    rows = list(csv.DictReader(io.StringIO(findings_csv(findings, redact=str), newline="")))
    assert [row["path"] for row in rows] == paths and {row["why"] for row in rows} == {"'=1+1"}
    assert paths_list(findings, redact=str, end="\0").decode().split("\0") == [*paths, ""]
    assert not paths_lines(findings) and paths_lines(findings[1:])
    assert paths_list(findings[1:], redact=str).decode().splitlines() == paths[1:]


def test_names_that_are_not_utf8_reach_other_programs_byte_for_byte() -> None:
    assert paths_list([Finding(item("/a/caf\udce9.jpg"), "old")], redact=str) == b"/a/caf\xe9.jpg\n"
    assert "caf\\udce9" in findings_csv([Finding(item("/a/caf\udce9.jpg"), "old")], redact=str)
