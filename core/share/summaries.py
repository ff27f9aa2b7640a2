"""Summaries as files: Markdown, a page in one file, and of a video its chapters."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from core.errors import DataError
from core.library.schema import Item
from core.progress import SILENT, Task
from core.share.chapters import format_ffmetadata, format_webvtt, format_youtube
from core.share.pages.page import write_page
from core.share.pages.summary import collection_page, text_summary_page, video_summary_page
from core.summarize.collection import CollectionSummary, Storyboard
from core.summarize.pictures import PictureSummary
from core.summarize.texts import TextSummary
from core.summarize.videos import Chapter, VideoSummary, make_item
from core.utils.timecode import format_timecode, format_timespan

CHAPTER_FORMATS: dict[str, Callable[[Sequence[Chapter]], str]] = {
    ".ffmeta": format_ffmetadata,
    ".txt": format_youtube,
    ".vtt": format_webvtt,
}
_ALWAYS = (".md", ".html")
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!])")


def check_format(path: Path, *, is_video: bool) -> None:
    """Raises DataError if the ending of a file names no format of a summary."""
    known = [*_ALWAYS, *(CHAPTER_FORMATS if is_video else ())]
    if path.suffix.lower() not in known:
        raise DataError(f"A summary is written as {', '.join(known[:-1])} or {known[-1]}: {path.name} ends otherwise.")


def write_text_summary(path: Path, summary: TextSummary, *, names: Sequence[str]) -> None:
    """Writes the sentences. names: of the documents. Raises DataError."""
    make = text_summary_page if _is_page(path) else text_markdown
    write_page(path, make(summary, names=names))


def write_picture_summary(
    path: Path, summary: PictureSummary, *, library: str, encoder: str, task: Task = SILENT
) -> None:
    """Writes the pictures: as Markdown their names only. Raises DataError and Cancelled."""
    whole = CollectionSummary(texts=None, pictures=summary, videos=None)
    write_collection_summary(path, whole, library=library, encoder=encoder, task=task)


def write_collection_summary(
    path: Path, summary: CollectionSummary, *, library: str, encoder: str, task: Task = SILENT
) -> None:
    """Writes a summary of several kinds, one below the other. Raises DataError and Cancelled."""
    if _is_page(path):
        write_page(path, collection_page(summary, library=library, encoder=encoder, task=task))
    else:
        write_page(path, collection_markdown(summary, library=library))


def write_video_summary(path: Path, summary: VideoSummary, *, source: Path | Item, task: Task = SILENT) -> None:
    """Writes the chapters. source: the video. Raises DataError and Cancelled."""
    item = source if isinstance(source, Item) else make_item(source)
    if _is_page(path):
        write_page(path, video_summary_page(summary, item, task=task))
    elif format_chapters := CHAPTER_FORMATS.get(path.suffix.lower()):
        write_page(path, format_chapters(summary.chapters))
    else:
        write_page(path, video_markdown(summary, name=Path(item.path).name))


def text_markdown(summary: TextSummary, *, names: Sequence[str]) -> str:
    """The sentences below the names of their documents."""
    lines = ["# Summary", "", say_covered(summary.covered, summary.count, "sentences"), ""]
    document = None
    for sentence in summary.sentences:
        if sentence.document != document:
            document = sentence.document
            lines += [f"## {_escape(names[document])}", ""]
        lines.append(f"- {_escape(sentence.text)}")
    return "\n".join(lines) + "\n"


def picture_markdown(summary: PictureSummary, *, library: str) -> str:
    """The names of the pictures, and how many each stands for."""
    lines = [f"# {_escape(library)} in {len(summary.pictures)}", ""]
    lines += [say_covered(summary.covered, summary.count, "pictures and videos"), ""]
    lines += ["| picture | shows | stands for |", "|---|---|---|"]
    for one in summary.pictures:
        lines.append(f"| {_escape(Path(one.item.path).name)} | {_escape(one.name or '')} | {one.stands_for:,} |")
    return "\n".join(lines) + "\n"


def collection_markdown(summary: CollectionSummary, *, library: str) -> str:
    """The pictures, frames and sentences, as far as there are any."""
    parts = []
    if summary.pictures is not None:
        parts.append(picture_markdown(summary.pictures, library=library))
    if summary.videos is not None:
        parts.append(_storyboard_markdown(summary.videos))
    if summary.texts is not None:
        parts.append(text_markdown(summary.texts, names=[Path(item.path).name for item in summary.documents]))
    return "\n".join(parts)


def _storyboard_markdown(summary: Storyboard) -> str:
    lines = ["# Videos", "", say_covered(summary.covered, summary.count, "videos"), ""]
    lines += [f"- {_escape(Path(one.item.path).name)} at {format_timecode(one.at_s)}" for one in summary.frames]
    return "\n".join(lines) + "\n"


def video_markdown(summary: VideoSummary, *, name: str) -> str:
    """The chapters with their times."""
    lines = [f"# {_escape(name)}", "", say_covered(summary.covered, None, "the video"), ""]
    for chapter in summary.chapters:
        lines.append(f"- {format_timespan(chapter.start_s, chapter.end_s)} {_escape(chapter.title)}")
    return "\n".join(lines) + "\n"


def say_covered(covered: float, count: int | None, what: str) -> str:
    """What a summary leaves out, as a sentence. count: how many there are of `what`; None: it is one thing."""
    return f"Covers {covered:.2f} of {what if count is None else f'{count:,} {what}'} (1 is all of it)."


def _is_page(path: Path) -> bool:
    return path.suffix.lower() == ".html"


def _escape(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
