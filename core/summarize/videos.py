"""The chapters and the storyboard of a video.

Chapters begin where the picture, or what is said, becomes something else (`core.summarize.novelty`). The storyboard is
chosen like pictures of a folder, where each frame counts by its time on the screen.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder, Vectors
from core.errors import DataError, MediaError
from core.explore.cluster_naming import name_clusters
from core.explore.clustering import Clusters, compute_centers
from core.library.schema import Item
from core.library.track import Track
from core.media.documents.formats import SUBTITLE_SUFFIXES
from core.media.modalities import VIDEO
from core.previews.notebook import Card, show_cards, show_lines
from core.progress import SILENT, Task
from core.summarize.covering import choose_cover
from core.summarize.document import Sentence, hangs, read_sentences
from core.summarize.novelty import compute_novelty, find_peaks
from core.summarize.texts import compute_centrality, embed_sentences
from core.utils.timecode import format_timespan

_MOST_STEPS = 20_000  # of the time grid; longer videos have longer steps
_SHORTEST_S = 1.5  # of a chapter
_KERNEL_S = (1.5, 30.0)  # seconds on either side of a border that are compared
_LEAST_NOVELTY = 0.15  # of the highest: a smaller change begins no chapter
_TITLE = 60  # letters
_TOUCHES_S = 0.05


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of a video, in seconds. keyframe_s: the frame that is most like all of it. title: words, or "Part 3"."""

    start_s: float
    end_s: float
    keyframe_s: float
    title: str


@dataclass(frozen=True, slots=True)
class VideoSummary:
    """A video in short.

    Attributes
    ----------
    chapters : tuple of Chapter
        Without gaps, from the beginning to the end.
    keyframes_s : tuple of float
        Seconds of the frames that cover the video, in the order of time.
    duration_s : float
    covered : float
        How near the video is to these frames over its time, 0 (as any two frames of it) to 1 (the same), see
        `core.summarize.covering.compute_covered`.
    video : Item, optional
        Whose frames a notebook shows.
    """

    chapters: tuple[Chapter, ...]
    keyframes_s: tuple[float, ...]
    duration_s: float
    covered: float
    video: Item | None = None

    def _repr_html_(self) -> str:
        count = len(self.chapters)
        heading = f"{count:,} chapter{'' if count == 1 else 's'}, {len(self.keyframes_s):,} frames that cover "
        heading += f"{self.covered:.0%}"
        if self.video is None:
            lines = [f"{format_timespan(one.start_s, one.end_s)}  {one.title}" for one in self.chapters]
            return show_lines(lines, heading=heading)
        return show_cards([_make_card(self.video, chapter) for chapter in self.chapters], heading=heading)


def summarize_video(
    track: Track,
    encoder: Encoder,
    *,
    count: int = 5,
    sentences: Sequence[Sentence] = (),
    chance: float | None = None,
    video: Item | Path | None = None,
    task: Task = SILENT,
) -> VideoSummary:
    """Chapters and storyboard of a video.

    Parameters
    ----------
    track : Track
        Its frames, see `embed_video` and `track_of`. Borders are as exact as these are dense.
    encoder : Encoder
        Of the frames; it names chapters.
    count : int
        Most chapters, and frames of the storyboard; at least 1.
    sentences : sequence of Sentence
        What is said, with its seconds: `read_sentences` of the subtitles.
    chance : float, optional
        See `core.summarize.covering.compute_covered`.
    video : Item or Path, optional
        Where its frames come from, so that a notebook shows them.
    task : Task, optional

    Raises
    ------
    DataError
        It has no frames with seconds.
    Cancelled
    """
    if not len(track) or not track.timed:
        raise DataError("This is no video with frames: index it first.")
    count = max(1, count)
    spoken = [sentence for sentence in sentences if sentence.place.start_s is not None]
    words = embed_sentences([sentence.text for sentence in spoken], task=task) if spoken else None
    edges = _find_borders(track, spoken, words, count)
    titles = _name_chapters(encoder, track, spoken, words, edges, task)
    chapters = [
        Chapter(start, end, _find_keyframe(track, start, end), title)
        for start, end, title in zip(edges, edges[1:], titles, strict=False)
    ]
    lengths = np.maximum(track.end_s - track.start_s, 1e-3)
    cover = choose_cover(
        track.vectors, count, weights=lengths, avoid=_find_transitions(track, edges), chance=chance, task=task
    )
    middles = (track.start_s + track.end_s) / 2
    keyframes = tuple(sorted(round(float(at), 3) for at in middles[cover.numbers]))
    item = make_item(video) if isinstance(video, Path) else video
    return VideoSummary(tuple(chapters), keyframes, track.duration_s, cover.covered, item)


def make_item(video: Path) -> Item:
    """The item of a video that is in no library."""
    stat = video.stat()
    return Item("", str(video.absolute()), VIDEO.name, "ok", stat.st_size, stat.st_mtime_ns)


def _make_card(video: Item, chapter: Chapter) -> Card:
    times = format_timespan(chapter.start_s, chapter.end_s)
    return Card(chapter.title, times, video, chapter.keyframe_s)


def read_subtitles_beside(video: Path, *, task: Task = SILENT) -> list[Sentence]:
    """What is said in a video, by the subtitles that lie beside it: `film.srt` or `film.en.srt` beside `film.mp4`.

    The first by name counts that can be read; without one, nothing is said. Raises Cancelled.
    """
    start = f"{video.stem}.".casefold()
    try:
        beside = sorted(path for path in video.absolute().parent.iterdir() if path.name.casefold().startswith(start))
    except OSError:
        return []
    for path in beside:
        if path.suffix.lower() in SUBTITLE_SUFFIXES:
            with suppress(MediaError):
                return read_sentences(path, task=task)
    return []


def _find_borders(track: Track, spoken: Sequence[Sentence], words: Vectors | None, count: int) -> list[float]:
    """Seconds at which chapters begin, from 0, then the end."""
    step_s = max(track.step_s, track.duration_s / _MOST_STEPS)
    rows = track.rows_on_grid(step_s)
    half_s = float(np.clip(track.duration_s / (2 * count), *_KERNEL_S))
    half = max(1, round(half_s / step_s))
    novelty = compute_novelty(track.vectors[rows], half)
    if words is not None:
        novelty = novelty / max(novelty.max(), 1e-6)
        said = compute_novelty(words[_find_spoken(spoken, step_s, len(rows))], half)
        novelty = novelty + said / max(said.max(), 1e-6)
    apart = max(1, round(_SHORTEST_S / step_s))
    peaks = find_peaks(novelty, count - 1, apart=apart, least=_LEAST_NOVELTY)
    borders = {_snap(track, peak * step_s, step_s) for peak in peaks} - {0.0}
    return [0.0, *sorted(at for at in borders if at < track.duration_s), track.duration_s]


def _snap(track: Track, at_s: float, step_s: float) -> float:
    """The beginning of a row near a time, as rows are what was seen."""
    nearest = float(track.start_s[np.abs(track.start_s - at_s).argmin()])
    return round(nearest if abs(nearest - at_s) <= step_s else at_s, 3)


def _find_spoken(spoken: Sequence[Sentence], step_s: float, steps: int) -> NDArray[np.int64]:
    """(steps,) the number of the sentence that is, or was last, said in each step."""
    starts = np.array([sentence.place.start_s for sentence in spoken], float)
    return np.clip(np.searchsorted(starts, (np.arange(steps) + 0.5) * step_s, "right") - 1, 0, None)


def _find_transitions(track: Track, edges: Sequence[float]) -> NDArray[np.bool_]:
    """(n,) which rows are one sample beside a border, where one picture may fade into the next."""
    is_short = track.end_s - track.start_s < 1.5 * track.step_s
    inner = np.array(edges[1:-1], np.float32)
    starts, ends = (
        np.abs(times[:, None] - inner).min(axis=1, initial=np.inf) for times in (track.start_s, track.end_s)
    )
    return np.asarray(is_short & (np.minimum(starts, ends) < _TOUCHES_S))


def _find_keyframe(track: Track, start_s: float, end_s: float) -> float:
    """The middle of the row that is most like all others between two times."""
    shared = np.minimum(track.end_s, end_s) - np.maximum(track.start_s, start_s)
    rows = np.flatnonzero(shared > 1e-6)
    if not len(rows):
        return (start_s + end_s) / 2
    mean = shared[rows] @ track.vectors[rows]
    best = rows[(track.vectors[rows] @ mean).argmax()]
    low, high = max(start_s, float(track.start_s[best])), min(end_s, float(track.end_s[best]))
    return round((low + high) / 2, 3)


def _name_chapters(
    encoder: Encoder,
    track: Track,
    spoken: Sequence[Sentence],
    words: Vectors | None,
    edges: Sequence[float],
    task: Task,
) -> list[str]:
    """What is said in each chapter, or else what is seen; "Part 3" where neither has words for it."""
    middles = (track.start_s + track.end_s) / 2
    labels = np.clip(np.searchsorted(edges, middles, "right") - 1, 0, len(edges) - 2)
    seen = _name_by_picture(encoder, track.vectors, labels, len(edges) - 1, task)
    said = [_find_title(spoken, words, start, end) for start, end in pairwise(edges)]
    return [one or other or f"Part {number}" for number, (one, other) in enumerate(zip(said, seen, strict=True), 1)]


def _name_by_picture(
    encoder: Encoder, vectors: Vectors, labels: NDArray[np.int64], count: int, task: Task
) -> list[str | None]:
    filled, numbers = np.unique(labels, return_inverse=True)
    clusters = Clusters(numbers, compute_centers(vectors, numbers), "kmeans", None)
    names = name_clusters(encoder, vectors, clusters, task=task)
    found: list[str | None] = [None] * count
    for group, name in zip(filled.tolist(), names, strict=True):
        found[group] = name.name
    return found


def _find_title(spoken: Sequence[Sentence], words: Vectors | None, start_s: float, end_s: float) -> str | None:
    """The most central of the sentences that are said between two times, if possible one that stands alone."""
    rows = [row for row, one in enumerate(spoken) if start_s <= (one.place.start_s or 0.0) < end_s]
    if words is None or not rows:
        return None
    alone = [row for row in rows if not hangs(spoken[row].text) and spoken[row].is_statement] or rows
    best = alone[int(compute_centrality(words[alone]).argmax())]
    return textwrap.shorten(spoken[best].text, _TITLE, placeholder=" …")
