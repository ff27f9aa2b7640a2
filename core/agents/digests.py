"""Answers and summaries for agents: what `core.ask` and `core.summarize` find, as plain values within limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.ask import ask
from core.ask.reply import Answer as AnsweringSentence
from core.encoders.base import Encoder
from core.library.schema import Item
from core.library.store import Library
from core.library.track import track_of
from core.media.modalities import TEXT, VIDEO
from core.summarize import (
    TextSummary,
    read_stored_sentences,
    read_stored_subtitles,
    summarize_collection,
    summarize_texts,
    summarize_video,
)

Shown = list[tuple[Item, float | None]]  # items whose pictures are shown, of a video at a second
MOST_TEXT = 600  # characters of a passage or a sentence


def answer_question(
    library: Library, encoder: Encoder, question: str, after: str, k: int
) -> tuple[dict[str, Any], Shown]:
    """What the library says to a question, and the items to show beside. Raises QueryError."""
    reply = ask(library, encoder, question, after=after, k=k)
    pictures = [(hit.item, hit.start_s) for hit in reply.pictures]
    facts = {
        "found": reply.found,
        "answers": [_describe_answer(answer) for answer in reply.answers],
        "pictures": [describe_item(hit.item) | {"match": round(hit.relevance, 3)} for hit in reply.pictures],
        "moments": [
            describe_item(item) | {"peak_s": round(moment.peak_s, 2), "match": round(moment.relevance, 3)}
            for item, moment in reply.moments
        ],
    }
    return facts, [*pictures, *((item, moment.peak_s) for item, moment in reply.moments)]


def summarize_items(library: Library, encoder: Encoder, items: list[Item], k: int) -> tuple[dict[str, Any], Shown]:
    """Texts as sentences, one video as chapters, anything else (the whole library if no items are given) as a few of
    each kind. Raises DataError where there is nothing to summarize."""
    kinds = {item.kind for item in items}
    if kinds == {TEXT.name}:
        return _summarize_texts(library, items, k), []
    if kinds == {VIDEO.name} and len(items) == 1:
        return _summarize_video(library, encoder, items[0], k)
    summary = summarize_collection(library, encoder, [item.id for item in items] or None, count=k)
    facts: dict[str, Any] = {}
    shown: Shown = []
    if (pictures := summary.pictures) is not None:
        facts["pictures"] = [
            describe_item(one.item) | {"name": one.name, "stands_for": one.stands_for} for one in pictures.pictures
        ]
        facts |= {"count": pictures.count, "covered": round(pictures.covered, 3)}
        shown += [(one.item, None) for one in pictures.pictures]
    if (videos := summary.videos) is not None:
        facts["frames"] = [describe_item(one.item) | {"at_s": round(one.at_s, 2)} for one in videos.frames]
        shown += [(one.item, one.at_s) for one in videos.frames]
    if summary.texts is not None:
        facts["sentences"] = _describe_sentences(summary.texts, summary.documents)
    return facts, shown


def describe_item(item: Item) -> dict[str, Any]:
    """What names an item."""
    return {"path": item.path, "id": item.id, "kind": item.kind}


def _describe_answer(answer: AnsweringSentence) -> dict[str, Any]:
    facts = describe_item(answer.item) | {
        "where": answer.passage.where,
        "sentence": answer.sentence[:MOST_TEXT],
        "passage": answer.passage.text[:MOST_TEXT],
        "match": round(answer.match, 3),
    }
    return facts if answer.video is None else facts | {"video": answer.video.path}


def _summarize_texts(library: Library, items: list[Item], k: int) -> dict[str, Any]:
    summary = summarize_texts(read_stored_sentences(library, [item.id for item in items]), count=k)
    return {
        "sentences": _describe_sentences(summary, items),
        "count": summary.count,
        "covered": round(summary.covered, 3),
    }


def _describe_sentences(summary: TextSummary, items: Sequence[Item]) -> list[dict[str, Any]]:
    return [describe_item(items[one.document]) | {"text": one.text[:MOST_TEXT]} for one in summary.sentences]


def _summarize_video(library: Library, encoder: Encoder, item: Item, k: int) -> tuple[dict[str, Any], Shown]:
    index = library.index(encoder)
    spoken = read_stored_subtitles(library, item.id)
    summary = summarize_video(
        track_of(index, item.id), encoder, count=k, sentences=spoken, chance=index.baseline_cosine
    )
    chapters = [
        {"start_s": round(one.start_s, 2), "end_s": round(one.end_s, 2), "title": one.title[:MOST_TEXT]}
        for one in summary.chapters
    ]
    facts = describe_item(item) | {"chapters": chapters, "covered": round(summary.covered, 3)}
    return facts, [(item, one.keyframe_s) for one in summary.chapters]
