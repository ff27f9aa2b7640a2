"""Summaries as pages in one file, see `core.share.pages.page`: sentences, a contact sheet, a storyboard."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from core.library.schema import Item
from core.progress import SILENT, Task
from core.share.pages.groups import Group, GroupItem, Sheet, groups_page
from core.share.pages.page import Card, render, render_page
from core.share.pages.thumbnails import encode_images
from core.summarize.collection import CollectionSummary
from core.summarize.pictures import PictureSummary
from core.summarize.texts import TextSummary
from core.summarize.videos import VideoSummary
from core.utils.timecode import format_timecode, format_timespan

_SIDE = 240  # pixels of pictures
_READ_TEXTS = (
    "The sentences that say most, in the order of the text. What they cover is the mean similarity of all sentences "
    "with the nearest one here, 0 to 1."
)
_READ_PICTURES = (
    "A few pictures that cover all, each with what those that it stands for show, where a word fits. Together they "
    "cover {covered:.2f} of {count:,}: 0 is as near as any two of the library are, 1 is the same."
)
_READ_VIDEO = (
    "Chapters begin where the picture, or what is said, becomes something else. The frames of the storyboard cover "
    "{covered:.2f} of the video: 0 is as near as any two frames are, 1 is the same."
)
_READ_COLLECTION = (
    "A few pictures, frames and sentences that stand for all of their kind. What they cover is on a scale from 0, as "
    "near as any two, to 1, the same."
)


def text_summary_page(summary: TextSummary, *, names: Sequence[str]) -> str:
    """Sentences as HTML. names: of the documents."""
    facts = {
        "Sentences": f"{len(summary.sentences):,} of {summary.count:,}",
        "Covers": f"{summary.covered:.2f}",
        "Saved": datetime.now().strftime("%d %b %Y, %H:%M"),
    }
    body = render("sentences.html", documents=_list_documents(summary, names))
    return render_page(title="Summary", about=_READ_TEXTS, facts=facts, body=body)


def picture_summary_page(summary: PictureSummary, *, library: str, encoder: str, task: Task = SILENT) -> str:
    """A contact sheet as HTML. library, encoder: their names. Raises Cancelled."""
    items = [
        GroupItem(
            one.item,
            " · ".join(filter(None, [one.name, f"stands for {one.stands_for:,}"])),
            one.stands_for / summary.count,
        )
        for one in summary.pictures
    ]
    about = _READ_PICTURES.format(covered=summary.covered, count=summary.count)
    sheet = Sheet(f"{library} in {len(items)}", about, [Group("Pictures that stand for the rest", items)])
    return groups_page(sheet, library=library, encoder=encoder, task=task)


def collection_page(summary: CollectionSummary, *, library: str, encoder: str, task: Task = SILENT) -> str:
    """Pictures, frames and sentences as HTML: a part alone as its own page. Raises Cancelled."""
    names = [Path(item.path).name for item in summary.documents]
    if summary.pictures is not None and summary.videos is None and summary.texts is None:
        return picture_summary_page(summary.pictures, library=library, encoder=encoder, task=task)
    if summary.texts is not None and summary.videos is None and summary.pictures is None:
        return text_summary_page(summary.texts, names=names)
    groups, facts = [], {}
    if summary.pictures is not None:
        pictures = summary.pictures.pictures
        uris = encode_images([(one.item, None) for one in pictures], side=_SIDE, task=task)
        cards = [
            Card(one.name or Path(one.item.path).name, uri, f"stands for {one.stands_for:,}")
            for one, uri in zip(pictures, uris, strict=True)
        ]
        groups.append(_make_group("Pictures", cards))
        facts["Pictures"] = f"{len(cards):,} of {summary.pictures.count:,}, covering {summary.pictures.covered:.2f}"
    if summary.videos is not None:
        frames = summary.videos.frames
        uris = encode_images([(one.item, one.at_s) for one in frames], side=_SIDE, task=task)
        cards = [
            Card(Path(one.item.path).name, uri, format_timecode(one.at_s))
            for one, uri in zip(frames, uris, strict=True)
        ]
        groups.append(_make_group("Frames of videos", cards))
        facts["Frames"] = f"{len(cards):,} of {summary.videos.count:,} videos, covering {summary.videos.covered:.2f}"
    body = render("groups.html", groups=groups)
    if summary.texts is not None:
        body += render("sentences.html", documents=_list_documents(summary.texts, names))
        facts["Sentences"] = (
            f"{len(summary.texts.sentences):,} of {summary.texts.count:,}, covering {summary.texts.covered:.2f}"
        )
    facts["Saved"] = datetime.now().strftime("%d %b %Y, %H:%M")
    return render_page(title=f"{library} in short", about=_READ_COLLECTION, facts=facts, body=body)


def _make_group(title: str, cards: Sequence[Card]) -> dict[str, Any]:
    """Cards below a heading, for the template."""
    return {"title": title, "count": f"{len(cards):,}", "cards": cards}


def _list_documents(summary: TextSummary, names: Sequence[str]) -> list[dict[str, Any]]:
    """The sentences by document, for the template."""
    by_document = groupby(summary.sentences, key=lambda sentence: sentence.document)
    return [
        {"name": names[number], "rows": [{"text": one.text, "where": one.place.where} for one in own]}
        for number, own in by_document
    ]


def video_summary_page(summary: VideoSummary, video: Item, *, task: Task = SILENT) -> str:
    """Chapters and storyboard as HTML. Raises Cancelled."""
    times = [*(chapter.keyframe_s for chapter in summary.chapters), *summary.keyframes_s]
    uris = iter(encode_images([(video, time_s) for time_s in times], side=_SIDE, task=task))
    chapters = [
        Card(chapter.title, next(uris), format_timespan(chapter.start_s, chapter.end_s)) for chapter in summary.chapters
    ]
    frames = [Card(format_timecode(time_s), next(uris)) for time_s in summary.keyframes_s]
    groups = [_make_group("Chapters", chapters), _make_group("Storyboard", frames)]
    facts = {
        "Length": format_timecode(summary.duration_s),
        "Covers": f"{summary.covered:.2f}",
        "Saved": datetime.now().strftime("%d %b %Y, %H:%M"),
    }
    about = _READ_VIDEO.format(covered=summary.covered)
    return render_page(title=Path(video.path).name, about=about, facts=facts, body=render("groups.html", groups=groups))
