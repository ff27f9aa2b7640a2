"""The vectors of one video in the order of time, for moments, alignment and whole-video similarity."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.deprecated import task_keywords
from core.encoders.base import Encoder, Vectors, unit_rows
from core.encoders.calibration import get_merge_threshold
from core.errors import DataError, MediaError
from core.library.index import VectorIndex
from core.media.modalities import VIDEO
from core.media.modality import Damaged, Modality, Part, Wish
from core.media.sampling import Sampling
from core.policy import rules
from core.progress import SILENT, Task

_LONGEST_S = 60.0  # of a row, so that a still video can be resumed in its middle too
_SLACK_S = 1.0  # containers count the last frame in different ways
_SHORTEST_S = 0.02


@dataclass(frozen=True)
class Track:
    """The n rows of one video. A row is a sampled frame, or a run of nearly identical frames.

    Attributes
    ----------
    start_s, end_s
        (n,) seconds, ascending; NaN for a picture.
    vectors
        (n, dim) float32 unit rows.
    """

    start_s: NDArray[np.float32]
    end_s: NDArray[np.float32]
    vectors: Vectors

    def __len__(self) -> int:
        return len(self.start_s)

    @property
    def timed(self) -> bool:
        """Whether the rows are of a video and have seconds; pictures and texts have none (NaN)."""
        return not np.isnan(self.start_s).any()

    @property
    def duration_s(self) -> float:
        """The end of the last row in seconds; 0 without rows."""
        return float(self.end_s[-1]) if len(self) else 0.0

    @property
    def step_s(self) -> float:
        """Seconds between samples: the length of the shortest row, without the last, which may be cut short."""
        lengths = self.end_s - self.start_s
        return max(_SHORTEST_S, float(lengths[:-1].min() if len(self) > 1 else lengths.sum()))

    def mean_vector(self) -> NDArray[np.float32]:
        """(dim,) the unit vector of the whole video: the mean over time."""
        lengths = np.nan_to_num(self.end_s - self.start_s).clip(_SHORTEST_S)  # a picture has no seconds
        return unit_rows(lengths @ self.vectors)

    def at(self, time_s: float) -> NDArray[np.float32]:
        """(dim,) the unit vector of the row shown at a second; after the end, of the last row."""
        return self.vectors[max(0, int(np.searchsorted(self.start_s, time_s, "right")) - 1)]

    def segments(self, seconds: float = 4.0) -> Track:
        """Unit means over windows of so many seconds; a row is weighted by the time that it shares with a window.

        The default is the shortest segment of Vertex AI's multimodal embeddings. Raises ValueError for seconds <= 0.
        """
        if not seconds > 0:
            raise ValueError(f"A segment must last longer than {seconds:g} seconds.")
        begins = np.arange(0.0, self.duration_s, seconds).astype(np.float32)
        ends = np.minimum(begins + np.float32(seconds), np.float32(self.duration_s))
        first, stop = np.searchsorted(self.end_s, begins, "right"), np.searchsorted(self.start_s, ends, "left")
        filled = np.flatnonzero(stop > first)
        means = np.empty((len(filled), self.vectors.shape[1]), np.float32)
        for place, number in enumerate(filled):
            rows = slice(first[number], stop[number])
            shared = np.minimum(self.end_s[rows], ends[number]) - np.maximum(self.start_s[rows], begins[number])
            means[place] = shared @ self.vectors[rows]
        return Track(begins[filled], ends[filled], unit_rows(means))

    def on_grid(self, step_s: float) -> Vectors:
        """(ceil(duration / step), dim): the row shown in the middle of each step."""
        return self.vectors[self.rows_on_grid(step_s)]

    def rows_on_grid(self, step_s: float) -> NDArray[np.int64]:
        """(ceil(duration / step),) the number of the row in the middle of each step."""
        steps = max(1, int(np.ceil(self.duration_s / step_s - 1e-3))) if len(self) else 0
        middles = (np.arange(steps) + 0.5) * step_s
        return np.clip(np.searchsorted(self.start_s, middles, "right") - 1, 0, max(0, len(self) - 1))


class Runs:
    """Merges runs of nearly identical frames into one row each, their mean weighted by time.

    merge_threshold: least cosine of a frame and the first of its run, see `get_merge_threshold`.
    """

    def __init__(self, merge_threshold: float) -> None:
        self._merge_threshold = merge_threshold
        self._first: NDArray[np.float32] | None = None
        self._start = self._end = 0.0
        self._sum: NDArray[np.float32] | None = None

    def push(self, start_s: float, end_s: float, vector: NDArray[np.float32]) -> tuple[float, float, Vectors] | None:
        """Adds the next frame; returns the run before it if this frame begins a new one."""
        weight = np.float32(max(end_s - start_s, _SHORTEST_S))
        is_like = self._first is not None and float(self._first @ vector) >= self._merge_threshold
        if is_like and self._sum is not None and end_s - self._start <= _LONGEST_S:
            self._end = end_s
            self._sum += weight * vector
            return None
        ended = self.close()
        self._first, self._sum = vector, weight * vector
        self._start, self._end = start_s, end_s
        return ended

    def close(self) -> tuple[float, float, Vectors] | None:
        """Ends the current run and returns it; None if there is none."""
        if self._sum is None:
            return None
        ended = (self._start, self._end, unit_rows(self._sum))
        self._first = self._sum = None
        return ended


def track_of(index: VectorIndex, item_id: str) -> Track:
    """The stored rows of a library's video, or the one row of a picture; none if the index has no such item."""
    numbers = index.item_numbers(item_id)
    numbers = numbers[np.argsort(index.start_s[numbers], kind="stable")]
    return Track(index.start_s[numbers], index.end_s[numbers], index.vectors(numbers))


def get_item_vectors(index: VectorIndex, item_ids: Sequence[str]) -> tuple[list[str], Vectors]:
    """One vector per item: a picture's own, a video's mean over time.

    Returns
    -------
    ids, vectors
        Those of the items that have vectors, in the given order, and (n, dim) unit rows.

    Raises
    ------
    DataError
        If none of the items has a vector.
    """
    places, firsts, counts = np.unique(index.item_rows, return_index=True, return_counts=True)
    found = dict(zip(index.items["id"].take(places).to_pylist(), zip(firsts, counts, strict=True), strict=True))
    ids = [entry for entry in item_ids if entry in found]
    if not ids:
        raise DataError("None of these pictures has a vector of this encoder.")
    vectors = index.vectors(np.array([found[entry][0] for entry in ids]))
    for row, entry in enumerate(ids):
        if found[entry][1] > 1:
            vectors[row] = track_of(index, entry).mean_vector()
    return ids, vectors


@task_keywords
def embed_video(
    encoder: Encoder,
    source: Path | bytes,
    sampling: Sampling | None = None,
    *,
    merge_threshold: float | None = None,
    max_s: float | None = None,
    task: Task = SILENT,
) -> Track:
    """Embeds a video without a library.

    Parameters
    ----------
    encoder
        For its frames.
    source
        A path, or the bytes of a video.
    sampling
        Which frames; by default one per second.
    merge_threshold
        Least cosine of frames that become one row; by default that of indexing.
    max_s
        Seconds, counted while it is decoded: a header may lie.
    task
        Its progress is in seconds of video. Once it is cancelled, the rows so far are returned.

    Raises
    ------
    MediaError
        If no frame can be read, or the video is longer than `max_s`.
    """
    return embed_parts(encoder, source, VIDEO, sampling, merge_threshold=merge_threshold, max_s=max_s, task=task)


def embed_parts(
    encoder: Encoder,
    source: Path | bytes,
    modality: Modality,
    sampling: Sampling | None = None,
    *,
    merge_threshold: float | None = None,
    max_s: float | None = None,
    task: Task = SILENT,
) -> Track:
    """`embed_video` for a file of any kind: one row for each part, or for the whole."""
    from core.library.ingest.reader import prefetch

    encode = encoder.encode_texts if modality.embedded_as == "text" else encoder.encode_images
    threshold = get_merge_threshold(encoder) if merge_threshold is None else merge_threshold
    runs = Runs(threshold if modality.is_sampled else math.inf)
    rows = list[tuple[float, float, Vectors]]()
    stage = task.stage("embed", "seconds")
    limit_s = min(math.inf if max_s is None else max_s, rules().video_seconds + _SLACK_S)
    limit = limit_s if math.isfinite(limit_s) else None
    wish = Wish(encoder.min_side, sampling or Sampling(), max_s=limit, task=task)
    with (
        modality.decode(source, wish) as decoded,
        closing(prefetch(_until_damage(decoded.parts), encoder.batch_size)) as parts,
    ):
        remaining = iter(parts)
        while (batch := list(islice(remaining, encoder.batch_size))) and not task.is_cancelled:
            for part, vector in zip(batch, encode([part.content for part in batch]), strict=True):  # type: ignore
                start, end = (part.segment.start, part.segment.end) if part.segment else (math.nan, math.nan)
                rows += filter(None, [runs.push(start, end, vector)])
            if segment := batch[-1].segment:
                stage.report(round(segment.end), round(decoded.extent) if decoded.extent else None)
    rows += filter(None, [runs.close()])
    if not rows:
        raise MediaError(f"It holds no {modality.segment or modality.title} that can be decoded.")
    starts, ends, vectors = zip(*rows, strict=True)
    return Track(np.array(starts, np.float32), np.array(ends, np.float32), np.stack(vectors))


def _until_damage(parts: Iterator[Part]) -> Iterator[Part]:
    """The parts before the first that cannot be read. Raises Damaged if there is none."""
    any_yet = False
    try:
        for part in parts:
            any_yet = True
            yield part
    except Damaged:
        if not any_yet:
            raise
