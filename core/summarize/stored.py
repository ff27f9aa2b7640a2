"""What a library keeps of texts and subtitles, as sentences: no file is opened."""

from __future__ import annotations

from collections.abc import Sequence

from core.library.schema import Passage
from core.library.store import Library
from core.library.subtitles import match_stored_subtitles
from core.media.modality import Part
from core.summarize.document import Sentence, split_sentences


def read_stored_sentences(library: Library, item_ids: Sequence[str]) -> list[Sentence]:
    """The sentences of some texts of a library, in this order; `Sentence.document` is the place of the text in it."""
    stored = library.passages(list(item_ids))
    return [
        sentence
        for number, item_id in enumerate(item_ids)
        for sentence in split_sentences(map(_make_part, stored.get(item_id, ())), document=number)
    ]


def read_stored_subtitles(library: Library, video_id: str) -> list[Sentence]:
    """What is said in a video of a library, by the subtitles that are indexed with it, the first by name; nothing
    without any."""
    items = library.items()
    beside = {text_id for text_id, video in match_stored_subtitles(items).items() if video.id == video_id}
    by_name = [item_id for item_id in items["id"].to_pylist() if item_id in beside]  # rows are sorted by path
    return read_stored_sentences(library, by_name[:1])


def _make_part(passage: Passage) -> Part:
    return Part(passage.text, passage.segment, passage.place)
