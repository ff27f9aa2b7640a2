"""Chapters begin where the picture or what is said changes; a storyboard shows each shot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from documents import make_srt
from fakes import ColorEncoder
from media import write_video

from core import Library, Sampling, embed_video, ingest
from core.errors import DataError
from core.library.track import Track
from core.summarize import read_stored_subtitles, read_subtitles_beside, summarize_video

SHOTS = ["red", "green", "blue", "yellow", "white"]


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return write_video(tmp_path / "film.mp4", SHOTS, seconds_each=3)


def test_five_shots_are_five_chapters_and_five_frames(film: Path, encoder: ColorEncoder) -> None:
    track = embed_video(encoder, film, Sampling(2))
    summary = summarize_video(track, encoder, count=5)
    starts = [chapter.start_s for chapter in summary.chapters]
    assert np.allclose(starts, [0, 3, 6, 9, 12], atol=0.5)
    assert [int(time_s // 3) for time_s in summary.keyframes_s] == [0, 1, 2, 3, 4]
    assert [int(chapter.keyframe_s // 3) for chapter in summary.chapters] == [0, 1, 2, 3, 4]
    assert summary.chapters[-1].end_s == pytest.approx(summary.duration_s) and summary.covered > 0.9


def test_fewer_chapters_are_longer_ones(film: Path, encoder: ColorEncoder) -> None:
    track = embed_video(encoder, film, Sampling(2))
    summary = summarize_video(track, encoder, count=2)
    assert len(summary.chapters) == 2 and len(summary.keyframes_s) == 2
    assert summary.covered < summarize_video(track, encoder, count=5).covered


def test_one_shot_is_one_chapter(tmp_path: Path, encoder: ColorEncoder) -> None:
    track = embed_video(encoder, write_video(tmp_path / "still.mp4", ["red"], seconds_each=8))
    assert len(summarize_video(track, encoder, count=5).chapters) == 1


def test_a_notebook_shows_the_frame_of_each_chapter(film: Path, encoder: ColorEncoder) -> None:
    summary = summarize_video(embed_video(encoder, film, Sampling(2)), encoder, count=5, video=film)
    assert summary._repr_html_().count("<img") == 5 and "5 chapters" in summary._repr_html_()


def test_of_several_subtitles_the_first_by_name_counts(film: Path, tmp_path: Path, encoder: ColorEncoder) -> None:
    for name in ("film.de.srt", "film.en.srt", "film.fr.srt"):
        (tmp_path / name).write_bytes(make_srt([(0.5, 2.5, f"These are the words of {name}.")]))
    library = Library(tmp_path / "l", create=True)
    ingest(library, encoder, [tmp_path], texts=True)
    video = next(row["id"] for row in library.items().to_pylist() if row["path"] == str(film))
    assert "film.de.srt" in read_stored_subtitles(library, video)[0].text


def test_subtitles_begin_and_name_chapters(tmp_path: Path, encoder: ColorEncoder) -> None:
    write_video(tmp_path / "talk.mp4", ["red"], seconds_each=40)
    said = [f"Yeast makes the dough of bread number {number} rise." for number in range(5)]
    said += [f"The Moon pulls at the sea, and tide number {number} comes." for number in range(5)]
    cues = [(4.0 * number, 4.0 * number + 3.5, text) for number, text in enumerate(said)]
    (tmp_path / "talk.en.srt").write_bytes(make_srt(cues))
    sentences = read_subtitles_beside(tmp_path / "talk.mp4")
    assert [sentence.text for sentence in sentences] == said
    track = embed_video(encoder, tmp_path / "talk.mp4", merge_threshold=2.0)
    first, second = summarize_video(track, encoder, count=2, sentences=sentences).chapters
    assert second.start_s == pytest.approx(20.0, abs=1.0) and "bread" in first.title and "tide" in second.title
    library = Library(tmp_path / "l", create=True)
    ingest(library, encoder, [tmp_path / "talk.mp4", tmp_path / "talk.en.srt"], texts=True)
    video = next(row["id"] for row in library.items().to_pylist() if row["kind"] == "video")
    assert [sentence.text for sentence in read_stored_subtitles(library, video)] == said


def test_a_picture_has_no_chapters(encoder: ColorEncoder) -> None:
    nowhere = np.array([np.nan], np.float32)
    with pytest.raises(DataError, match="no video"):
        summarize_video(Track(nowhere, nowhere, np.ones((1, 48), np.float32)), encoder)
