"""Moments taken away: what is written is read back with the tools that people would open it with."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import numpy as np
import opentimelineio as otio
import pytest
from media import colour_of, write_video

from core.library.schema import Item
from core.media.video import Sampling, Video
from core.progress import Task
from core.search.moments import Curve, Moment
from core.search.videos import VideoHit
from core.share.moments import moments_csv, moments_edl, moments_otio, write_moments_zip


def hit(path: Path, *spans: tuple[float, float], duration_s: float = 6.0) -> VideoHit:
    moments = tuple(Moment(start, end, (start + end) / 2, 0.31, 0.9, True) for start, end in spans)
    item = Item(path.name, str(path), "video", "ok", 1, 1, duration_s=duration_s)
    nothing = np.zeros(0, np.float32)
    return VideoHit(item, 0.31, 0.31, 0.9, True, moments, Curve(nothing, nothing, nothing, nothing, nothing, 0.2))


@pytest.fixture
def hits(tmp_path: Path) -> list[VideoHit]:
    first = write_video(tmp_path / "colours & café.mp4", ["red", "blue", "green"], fps=25)
    second = write_video(tmp_path / "other.mp4", ["yellow", "black"], fps=25)
    return [hit(first, (2.0, 4.0), (0.0, 1.0)), hit(second, (1.0, 3.0), duration_s=4.0)]


def test_the_table_has_every_moment_in_seconds(hits: list[VideoHit]) -> None:
    rows = list(csv.DictReader(io.StringIO(moments_csv(hits, redact=str))))
    assert [(row["rank"], row["video"], row["moment"]) for row in rows] == [
        ("1", "1", "1"), ("2", "1", "2"), ("3", "2", "1"),
    ]  # fmt: skip
    assert rows[0]["path"] == hits[0].item.path and float(rows[0]["start_s"]) == 2 and float(rows[0]["end_s"]) == 4
    assert (rows[2]["score"], rows[2]["relevance"], rows[2]["likely"]) == ("0.3100", "0.9000", "1")


def test_a_path_is_no_formula(tmp_path: Path) -> None:
    evil = hit(Path("=cmd()"), (0.0, 1.0))
    assert next(csv.DictReader(io.StringIO(moments_csv([evil], redact=str))))["path"] == "'=cmd()"


def test_the_zip_holds_the_cut_clips_and_tells_what_is_missing(hits: list[VideoHit], tmp_path: Path) -> None:
    predictions: list[tuple[int, int | None]] = []
    buffer = io.BytesIO()
    missing = hit(tmp_path / "gone.mp4", (1.0, 2.0))
    left_out = write_moments_zip(
        [*hits, missing], buffer, redact=str, task=Task(lambda now: predictions.append((now.done, now.total)))
    )
    assert len(left_out) == 1 and "gone.mp4 at 0:01" in left_out[0] and "not there" in left_out[0]
    with zipfile.ZipFile(buffer) as archive:
        names = archive.namelist()
        assert names == [
            "001 colours & café 0.02.mp4", "002 colours & café 0.00.mp4", "003 other 0.01.mp4", "moments.csv",
        ]  # fmt: skip
        with Video(archive.read(names[0])) as video:
            assert video.info.duration_s == pytest.approx(2.0, abs=0.05)
            assert [colour_of(frame.image) for frame in video.frames(Sampling(1))] == ["blue", "blue"]
        assert "gone.mp4" in archive.read("moments.csv").decode()
    assert predictions == sorted(predictions) and predictions[-1][0] <= 6 and {total for _, total in predictions} == {6}


def test_names_in_the_zip_are_names_everywhere(tmp_path: Path) -> None:
    path = write_video(tmp_path / 'what? "a:b" <c>.mp4', ["red"])
    buffer = io.BytesIO()
    assert write_moments_zip([hit(path, (0.0, 1.0))], buffer, redact=str) == []
    assert zipfile.ZipFile(buffer).namelist()[0] == "001 what_ _a_b_ _c_ 0.00.mp4"


def test_the_timeline_reads_back_with_source_times(hits: list[VideoHit]) -> None:
    timeline = otio.adapters.read_from_string(moments_otio(hits, redact=str))
    clips = timeline.find_clips()
    assert [clip.name for clip in clips] == ["colours & café.mp4", "colours & café.mp4", "other.mp4"]
    spans = [(clip.source_range.start_time.to_seconds(), clip.source_range.duration.to_seconds()) for clip in clips]
    assert spans == [(2.0, 2.0), (0.0, 1.0), (1.0, 2.0)]
    assert clips[0].source_range.start_time.rate == 25
    assert clips[0].media_reference.target_url == Path(hits[0].item.path).as_uri()
    assert clips[0].markers[0].marked_range.start_time.to_seconds() == 3.0
    assert clips[0].metadata["semblance"]["relevance"] == pytest.approx(0.9)


def test_the_edl_reads_back_with_one_event_a_moment(hits: list[VideoHit]) -> None:
    text = moments_edl(hits, redact=str)
    assert "001  AX       V     C        00:00:02:00 00:00:04:00 00:00:00:00 00:00:02:00" in text
    assert "* FROM CLIP NAME:  other.mp4" in text
    clips = otio.adapters.read_from_string(text, "cmx_3600", rate=25).find_clips()
    assert [clip.source_range.start_time.to_seconds() for clip in clips] == [2.0, 0.0, 1.0]


def test_ntsc_timecode_counts_frames(tmp_path: Path) -> None:
    path = write_video(tmp_path / "ntsc.mp4", ["red"], fps=30000 / 1001)
    text = moments_edl([hit(path, (1001.0, 1003.0), duration_s=1100.0)], redact=str)
    assert " 00:16:40:00 00:16:42:00 " in text  # 30,000 frames, counted 30 a second


def test_nothing_found_is_an_empty_list_for_every_format() -> None:
    assert len(moments_csv([], redact=str).splitlines()) == 1
    assert otio.adapters.read_from_string(moments_otio([], redact=str)).find_clips() == []
    assert moments_edl([], redact=str).startswith("TITLE")
