"""A few things of each kind that stand for a collection: sentences of its texts, pictures, and frames of its videos.

Kinds are summarized side by side: a sentence that stands for a picture, or a picture for a sentence, would hide the
rest of its own kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from core.deprecated import task_keywords
from core.encoders.base import Encoder
from core.errors import DataError
from core.library.filters import Filters
from core.library.schema import Item
from core.library.store import Library
from core.library.track import track_of
from core.media.modalities import TEXT, VIDEO
from core.previews.notebook import card_of_item, show_cards
from core.progress import SILENT, Task
from core.summarize.covering import choose_cover
from core.summarize.pictures import PictureSummary, summarize_pictures
from core.summarize.stored import read_stored_sentences
from core.summarize.texts import TextSummary, summarize_texts
from core.utils.timecode import format_timecode


@dataclass(frozen=True, slots=True)
class ChosenFrame:
    """One frame of a storyboard of several videos: the video, the second, and the share of all time that the frame is
    the nearest to, 0 to 1."""

    item: Item
    at_s: float
    share: float


@dataclass(frozen=True, slots=True)
class Storyboard:
    """Frames that cover videos.

    Attributes
    ----------
    frames : tuple of ChosenFrame
        By video and time.
    count : int
        Videos that are summarized.
    covered : float
        How near all frames are to the chosen ones over their time, see `core.summarize.covering.compute_covered`.
    """

    frames: tuple[ChosenFrame, ...]
    count: int
    covered: float

    def _repr_html_(self) -> str:
        cards = [card_of_item(one.item, format_timecode(one.at_s), time_s=one.at_s) for one in self.frames]
        of = f"{self.count:,} video{'' if self.count == 1 else 's'}"
        return show_cards(cards, heading=f"{len(cards):,} frames of {of}, covering {self.covered:.0%}")


@dataclass(frozen=True, slots=True)
class CollectionSummary:
    """A collection in short; a part is None where there is nothing of its kind.

    Attributes
    ----------
    texts : TextSummary or None
        `Sentence.document` is the place of the text in `documents`.
    pictures : PictureSummary or None
    videos : Storyboard or None
    documents : tuple of Item
    """

    texts: TextSummary | None
    pictures: PictureSummary | None
    videos: Storyboard | None
    documents: tuple[Item, ...] = ()

    def _repr_html_(self) -> str:
        parts = (self.pictures, self.videos, self.texts)
        return "".join(part._repr_html_() for part in parts if part is not None)


@task_keywords
def summarize_collection(
    library: Library,
    encoder: Encoder,
    item_ids: Sequence[str] | None = None,
    *,
    count: int = 5,
    filters: Filters | None = None,
    task: Task = SILENT,
) -> CollectionSummary:
    """What stands for each kind of item in a part of a library.

    Parameters
    ----------
    library, encoder
        Whose vectors.
    item_ids : sequence of str, optional
        Which items, such as a selection. Default: all.
    count : int
        Most sentences, most pictures, and most frames; at least 1.
    filters : Filters, optional
        A folder, a month, a label.
    task : Task, optional

    Raises
    ------
    DataError
        None of these can be summarized.
    Cancelled
    """
    found = _list_items(library, encoder, item_ids, filters)
    videos = [item for item in found if item.kind == VIDEO.name]
    texts = [item for item in found if item.kind == TEXT.name]
    others = [item.id for item in found if item.kind not in (VIDEO.name, TEXT.name)]
    sentences = read_stored_sentences(library, [item.id for item in texts])
    if not (sentences or videos or others):
        raise DataError("There is nothing here to summarize: index files with this encoder, or loosen the filters.")
    return CollectionSummary(
        texts=summarize_texts(sentences, count=count, task=task) if sentences else None,
        pictures=summarize_pictures(library, encoder, others, count=count, task=task) if others else None,
        videos=summarize_videos(library, encoder, videos, count=count, task=task) if videos else None,
        documents=tuple(texts),
    )


@task_keywords
def summarize_videos(
    library: Library, encoder: Encoder, videos: Sequence[Item], *, count: int = 5, task: Task = SILENT
) -> Storyboard:
    """The frames that cover several videos, each by its time on the screen.

    Parameters
    ----------
    library, encoder
        Whose vectors.
    videos : sequence of Item
        With vectors of this encoder, at least one.
    count : int
        Most frames, at least 1.
    task : Task, optional

    Raises
    ------
    Cancelled
    """
    index = library.index(encoder)
    tracks = [track_of(index, video.id) for video in videos]
    owners = np.repeat(np.arange(len(tracks)), [len(track) for track in tracks])
    starts, ends = (np.concatenate([getattr(track, name) for track in tracks]) for name in ("start_s", "end_s"))
    lengths = np.nan_to_num(np.maximum(ends - starts, 1e-3), nan=1.0)
    cover = choose_cover(
        np.concatenate([track.vectors for track in tracks]), max(1, count), weights=lengths,
        chance=index.baseline_cosine, task=task,
    )  # fmt: skip
    shares = np.bincount(cover.nearest, weights=lengths, minlength=len(cover.numbers)) / lengths.sum()
    middles = np.nan_to_num((starts + ends) / 2)
    chosen = [
        (int(owners[number]), round(float(middles[number]), 3), float(share))
        for number, share in zip(cover.numbers, shares, strict=True)
    ]
    frames = tuple(ChosenFrame(videos[owner], at_s, share) for owner, at_s, share in sorted(chosen))
    return Storyboard(frames, len(videos), cover.covered)


def _list_items(
    library: Library, encoder: Encoder, item_ids: Sequence[str] | None, filters: Filters | None
) -> list[Item]:
    """The texts, and the other items that have vectors of the encoder, in the order of the library."""
    index = library.index(encoder)
    mask = (filters or Filters()).mask(index.items, library)
    known = pc.equal(index.items["kind"], TEXT.name).to_numpy().astype(bool)  # sentences have vectors of their own
    known[index.rows_with_vectors] = True
    rows = np.flatnonzero(known if mask is None else known & mask)
    found = [Item.from_row(row) for row in index.items.take(rows).to_pylist()]
    wanted = None if item_ids is None else set(item_ids)
    return [item for item in found if wanted is None or item.id in wanted]
