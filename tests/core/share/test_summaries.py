"""Summaries as files: chapters for players, Markdown, and pages that ask nobody for anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import COLORS, ColorEncoder
from media import write_video
from PIL import Image
from saved_pages import checked

from core import Library, embed_video, ingest
from core.errors import DataError
from core.share.chapters import format_ffmetadata, format_webvtt, format_youtube
from core.share.summaries import check_format, write_picture_summary, write_text_summary, write_video_summary
from core.summarize import Chapter, read_sentences, summarize_pictures, summarize_texts, summarize_video

CHAPTERS = [
    Chapter(0.0, 4.0, 2.0, "Title"),
    Chapter(4.0, 20.5, 9.0, "a=b; #1\nand more"),
    Chapter(20.5, 40.0, 30.0, "<b>--> end"),
    Chapter(40.0, 3_700.25, 50.0, "Part 4"),
    Chapter(3_700.25, 3_702.0, 3_701.0, "Credits"),
]


def test_ffmetadata_escapes_what_has_a_meaning() -> None:
    text = format_ffmetadata(CHAPTERS)
    assert text.startswith(";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=4000\ntitle=Title\n")
    assert "title=a\\=b\\; \\#1 and more\n" in text and text.count("[CHAPTER]") == 5 and "END=3700250" in text


def test_ffmpeg_reads_the_chapters(tmp_path: Path) -> None:
    import av

    path = tmp_path / "chapters.ffmeta"
    path.write_text(format_ffmetadata(CHAPTERS))
    with av.open(str(path), format="ffmetadata") as container:
        found = container.chapters()
    assert [entry["metadata"]["title"] for entry in found][1] == "a=b; #1 and more" and len(found) == 5


def test_youtube_gets_chapters_that_it_takes() -> None:
    lines = format_youtube(CHAPTERS).splitlines()
    assert lines == ["0:00 a=b; #1 and more", "0:20 <b>--> end", "0:40 Part 4"]
    with pytest.raises(DataError, match="3 chapters of 10 seconds"):
        format_youtube(CHAPTERS[:2])


def test_webvtt_has_a_cue_for_each() -> None:
    text = format_webvtt(CHAPTERS)
    assert text.startswith("WEBVTT\n\n1\n00:00:00.000 --> 00:00:04.000\nTitle\n\n2\n")
    assert "&lt;b&gt;--&gt; end" in text and "00:00:40.000 --> 01:01:40.250" in text


def test_pages_hold_pictures_names_and_what_is_covered(tmp_path: Path, encoder: ColorEncoder) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for color in ("red", "green", "blue"):
        Image.new("RGB", (60, 40), COLORS[color]).save(folder / f"<img src=x> {color}.png")
    library = Library(tmp_path / "l", create=True)
    ingest(library, encoder, [folder])
    summary = summarize_pictures(library, encoder, count=2)
    write_picture_summary(tmp_path / "p.html", summary, library="L", encoder="colour")
    seen = checked((tmp_path / "p.html").read_text())
    assert sum(tag == "img" for tag, _ in seen.tags) == 2 and "cover" in seen.text and str(tmp_path) not in seen.text
    write_picture_summary(tmp_path / "p.md", summary, library="L", encoder="colour")
    text = (tmp_path / "p.md").read_text()
    assert text.startswith("# L in 2\n") and "\\<img src=x\\>" in text and "of 3 pictures" in text


def test_a_video_and_texts_are_written_in_each_format(tmp_path: Path, encoder: ColorEncoder) -> None:
    film = write_video(tmp_path / "film.mp4", ["red", "green"], seconds_each=4)
    summary = summarize_video(embed_video(encoder, film), encoder, count=2)
    for ending in (".html", ".md", ".vtt", ".ffmeta"):
        write_video_summary(tmp_path / f"v{ending}", summary, source=film)
        assert (tmp_path / f"v{ending}").stat().st_size
    seen = checked((tmp_path / "v.html").read_text())
    assert sum(tag == "img" for tag, _ in seen.tags) == 4 and "Storyboard" in seen.text
    texts = summarize_texts(read_sentences(b"Granite <b>hardens</b> far below the ground. Basalt cools in days."))
    write_text_summary(tmp_path / "t.html", texts, names=["rocks.md"])
    assert "Granite <b>hardens</b>" in checked((tmp_path / "t.html").read_text()).text
    write_text_summary(tmp_path / "t.md", texts, names=["rocks.md"])
    assert "## rocks.md" in (tmp_path / "t.md").read_text()


def test_other_endings_are_refused() -> None:
    check_format(Path("a.vtt"), is_video=True)
    with pytest.raises(DataError, match=r"\.md or \.html"):
        check_format(Path("a.vtt"), is_video=False)
