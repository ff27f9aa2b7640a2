"""Measures retrieval of videos by captions over a folder of clips."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from core.deprecated import task_keywords
from core.encoders.base import Encoder
from core.encoders.reference_prompts import embed_reference_prompts
from core.errors import DataError
from core.evaluation.datasets import read_pairs, unique
from core.library import IngestReport, Library, ingest
from core.library.filters import Filters
from core.media.modalities import VIDEO
from core.media.sampling import Sampling
from core.progress import SILENT, Task
from core.search.query import PLAIN, Term
from core.search.videos import MAX_VIDEOS, Pooling, VideoResult, search_videos
from core.utils.files import to_absolute
from core.utils.path_matching import find_file
from core.vectors.ranking_metrics import compute_recall


@dataclass(frozen=True, slots=True)
class VideoReport:
    """Recall of videos by captions: share of captions, 0 to 1, whose own video is among the first 1, 5 and 10 of
    `pool`.

    pooling: how scores of frames become the score of a video. seconds_of_video_per_s: from files to committed vectors,
    without loading the model. skipped: (video, reason) of unreadable files, whose captions are ignored.
    """

    pool: int
    queries: int
    pooling: Pooling
    r1: float
    r5: float
    r10: float
    seconds_of_video_per_s: float
    encoder: str
    fps: float
    skipped: tuple[tuple[str, str], ...] = ()


@task_keywords
def evaluate_video(
    encoder: Encoder,
    videos: Path,
    captions: Path,
    *,
    sampling: Sampling | None = None,
    pooling: Pooling = "max",
    templates: Sequence[str] = PLAIN,
    task: Task = SILENT,
) -> VideoReport:
    """Recall@k between the videos of a folder and their captions.

    Each caption ranks all videos as `search_videos` does; ties count against the encoder.

    Parameters
    ----------
    encoder : Encoder
    videos : Path
        Folder.
    captions : Path
        CSV with the columns video, caption.
    sampling : Sampling, optional
        Default: two frames per second.
    pooling : {"max", "top", "mean"}
        See `core.search.search_videos`.
    templates : sequence of str
        Prompts of the captions.
    task : Task, optional

    Returns
    -------
    VideoReport

    Raises
    ------
    DataError
        A file cannot be read, or no video.
    """
    sampling = sampling or Sampling(2.0)
    pairs = read_pairs(captions, "video", "caption")
    paths = {name: str(to_absolute(find_file(videos, name))) for name in unique(name for name, _ in pairs)}
    existing = [path for path in paths.values() if os.path.lexists(path)]
    with tempfile.TemporaryDirectory() as place:
        library = Library(Path(place) / "library", create=True)
        report = index_videos(library, encoder, existing, sampling, task=task)
        index = library.index(encoder)
        searched = np.asarray(Filters(kind=VIDEO.name).mask(index.items))
        pool = {path for row, path in enumerate(index.items["path"].to_pylist()) if searched[row]}
        reasons = dict(report.failed)
        skipped = {
            name: reasons.get(path, "It does not exist, or is not a video.")
            for name, path in paths.items()
            if path not in pool
        }
        if not pool:
            reason = next(iter(skipped.values()))
            raise DataError(f"No video of {videos} could be read ({reason}) Check the folder and the video column.")
        queries = [(paths[name], caption) for name, caption in pairs if name not in skipped]

        def find(caption: str) -> VideoResult:
            terms = [Term("text", caption)]
            return search_videos(library, encoder, terms, top_k=MAX_VIDEOS, pooling=pooling, templates=templates)

        ranks = [_find_rank(find(caption), path) for path, caption in queries]
    recall = compute_recall(np.array(ranks))
    return VideoReport(
        pool=len(pool), queries=len(queries), pooling=pooling, r1=recall.r1, r5=recall.r5, r10=recall.r10,
        seconds_of_video_per_s=round(report.video_seconds / report.seconds, 1), encoder=encoder.name,
        fps=sampling.fps, skipped=tuple(skipped.items()),
    )  # fmt: skip


@task_keywords
def index_videos(
    library: Library, encoder: Encoder, paths: Sequence[Path | str], sampling: Sampling, *, task: Task = SILENT
) -> IngestReport:
    """Indexes videos with an encoder that is loaded before the time begins.

    Parameters
    ----------
    library : Library
    encoder : Encoder
    paths : sequence of path-like
    sampling : Sampling
    task : Task, optional

    Returns
    -------
    IngestReport
    """
    embed_reference_prompts(encoder, task=task)
    encoder.encode_images([Image.new("RGB", (encoder.min_side, encoder.min_side))])
    return ingest(library, encoder, paths, sampling, task=task)


def _find_rank(result: VideoResult, own: str) -> int:
    """Number of other videos that rank as high as the caption's own (a path) or higher."""
    orders = {hit.item.path: hit.order for hit in result.hits}
    return sum(order >= orders[own] for order in orders.values()) - 1 if own in orders else len(orders)
