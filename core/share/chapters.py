"""Chapters of a video for players and editors: ffmetadata, a list for YouTube, WebVTT."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape

from core.errors import DataError
from core.summarize.videos import Chapter
from core.utils.timecode import format_timecode

_YOUTUBE_COUNT, _YOUTUBE_S = 3, 10.0  # least number of chapters, and least length in seconds
_RESERVED = str.maketrans({sign: f"\\{sign}" for sign in "\\=;#"})


def format_ffmetadata(chapters: Sequence[Chapter]) -> str:
    """For `ffmpeg -i film.mp4 -i chapters.ffmeta -map_metadata 1 -codec copy out.mp4`, times in milliseconds."""
    rows = [";FFMETADATA1"]
    for chapter in chapters:
        rows += ["[CHAPTER]", "TIMEBASE=1/1000", f"START={_milliseconds(chapter.start_s)}"]
        rows += [f"END={_milliseconds(chapter.end_s)}", f"title={_one_line(chapter.title).translate(_RESERVED)}"]
    return "\n".join(rows) + "\n"


def format_youtube(chapters: Sequence[Chapter]) -> str:
    """Lines for the description of a video on YouTube, which wants the first at 0:00, three at least, each of 10 s.

    A shorter chapter becomes part of the one before, or the first of the one after. Raises DataError if fewer than
    three are left.
    """
    long = merge_short(chapters, _YOUTUBE_S)
    if len(long) < _YOUTUBE_COUNT:
        raise DataError(
            f"YouTube wants {_YOUTUBE_COUNT} chapters of {_YOUTUBE_S:.0f} seconds at least, and {len(long)} here are "
            "that long: ask for more chapters, or choose another format."
        )
    return "".join(f"{format_timecode(chapter.start_s)} {_one_line(chapter.title)}\n" for chapter in long)


def format_webvtt(chapters: Sequence[Chapter]) -> str:
    """A track of chapters for the `track` element of HTML and for players."""
    cues = [
        f"{number}\n{_clock(chapter.start_s)} --> {_clock(chapter.end_s)}\n{escape(_one_line(chapter.title))}\n"
        for number, chapter in enumerate(chapters, 1)
    ]
    return "\n".join(["WEBVTT\n", *cues])


def merge_short(chapters: Sequence[Chapter], least_s: float) -> list[Chapter]:
    """The chapters in order, none shorter than so many seconds unless all together are.

    YouTube counts whole seconds, so lengths are those between times that are rounded down.
    """
    merged: list[Chapter] = []
    for chapter in chapters:
        if merged and int(chapter.end_s) - int(chapter.start_s) < least_s:
            merged[-1] = replace(merged[-1], end_s=chapter.end_s)
        elif len(merged) == 1 and int(merged[0].end_s) - int(merged[0].start_s) < least_s:
            merged[0] = replace(chapter, start_s=merged[0].start_s)
        else:
            merged.append(chapter)
    return merged


def _milliseconds(seconds: float) -> int:
    return round(1000 * seconds)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(_milliseconds(seconds), 60_000)
    hours, minute = divmod(minutes, 60)
    return f"{hours:02}:{minute:02}:{rest // 1000:02}.{rest % 1000:03}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
