"""Measures how well moments are found, in rendered reels with known shots: each photo is searched by words and by a
crop of it.

A photo's shot is a known moment. It is found if a returned moment overlaps it with an intersection over union of 0.5 or
more, as in temporal grounding (Gao et al. 2017, TALL). Of each reel only as many moments count as it has known ones,
best first; the recall of all returned moments (up to 8) is reported too.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.deprecated import task_keywords
from core.encoders.base import Encoder
from core.encoders.prompts import embed_texts
from core.errors import DataError
from core.evaluation.datasets import read_pairs
from core.library import Library, ingest
from core.library.samples.reels import Reel, plan_reels, reel_plan, render_reels
from core.library.samples.sources import sample_sources, sample_subjects
from core.media.images import open_image
from core.media.sampling import Sampling
from core.progress import SILENT, Task
from core.search.query import Term
from core.search.videos import MAX_VIDEOS, search_videos
from core.utils.extras import require
from core.utils.path_matching import find_file

_CROP = 0.7  # of both sides, around the center: a picture that no frame shows
_LEAST_IOU = 0.5

Range = tuple[float, float]  # start, end in seconds
KnownRanges = dict[str, dict[str, list[Range]]]  # photo or words -> file name of a reel -> known moments


@dataclass(frozen=True, slots=True)
class Missed:
    """A known moment that was not found, and the best intersection over union with the moments of its reel."""

    query: str
    reel: str
    start_s: float
    end_s: float
    iou: float


@dataclass(frozen=True, slots=True)
class MomentRecall:
    """Recall of known moments.

    recall_at_50: share of known moments that one of the first moments meets; mean_iou: of the best of these.
    recall_at_50_any: recall of all returned moments; returned: their number per query and reel with its photo.
    false_alarms: likely moments that lie mostly outside the known ones, per query.
    """

    queries: int
    moments: int
    recall_at_50: float
    mean_iou: float
    recall_at_50_any: float
    returned: float
    false_alarms: float
    missed: tuple[Missed, ...] = ()


@dataclass(frozen=True, slots=True)
class MomentsReport:
    """Recall by words and by pictures.

    text: words for the photos; image: crops that no frame shows. text_recognised: only words with which the encoder
    finds the photo itself first among all photos, since an unrecognized subject cannot be found in a reel either; None
    if there are none.
    """

    reels: int
    text: MomentRecall
    text_recognised: MomentRecall | None
    image: MomentRecall
    encoder: str
    fps: float


@dataclass(frozen=True, slots=True)
class _Material:
    """Reels, the file of each photo (by name), and the words that some are searched by."""

    plan: tuple[Reel, ...]
    sources: dict[str, Path]
    words: dict[str, str]


@task_keywords
def evaluate_moments(
    encoder: Encoder,
    *,
    sampling: Sampling | None = None,
    folder: Path | None = None,
    images: Path | None = None,
    texts: Path | None = None,
    task: Task = SILENT,
) -> MomentsReport:
    """Renders the reels, indexes them and searches for their known moments.

    Parameters
    ----------
    encoder : Encoder
    sampling : Sampling, optional
        Default: one frame per second.
    folder : Path, optional
        Where the reels are, or are rendered if missing. Default: a temporary folder.
    images, texts : Path, optional
        A folder, and a table with the columns image, text: the photos of the reels in their order, and what each is
        searched by (the first text of an image counts). Default: the sample photos, by their subjects.
    task : Task, optional

    Returns
    -------
    MomentsReport

    Raises
    ------
    DataError
        The sample photos are not installed, the table cannot be read, or only one of `images` and `texts` is given.
    MediaError
        A photo cannot be read.
    """
    if (images is None) != (texts is None):
        raise DataError("Reels of your own photos need both a folder of images and a table of their texts.")
    material = _read_material(images, texts) if images and texts else _get_samples()
    sampling = sampling or Sampling()
    with tempfile.TemporaryDirectory() as place:
        clips = render_reels(folder or Path(place) / "clips", plan=material.plan, sources=material.sources, task=task)
        library = Library(Path(place) / "library", create=True)
        ingest(library, encoder, clips, sampling, task=task)
        known = _get_known_ranges(material.plan)
        by_words = _get_known_ranges(material.plan, names=material.words)
        words = {text: Term("text", text) for text in by_words}
        recognized = {text: words[text] for text in _find_recognized(encoder, material)}
        crops = {name: Term("image", _crop(material.sources[name])) for name in known}
        return MomentsReport(
            reels=len(clips),
            text=_run_queries(library, encoder, words, by_words),
            text_recognised=_run_queries(library, encoder, recognized, by_words) if recognized else None,
            image=_run_queries(library, encoder, crops, known),
            encoder=encoder.name,
            fps=sampling.fps,
        )


def compute_iou(one: Range, other: Range) -> float:
    """Intersection over union of two ranges of time, 0 to 1."""
    overlap = min(one[1], other[1]) - max(one[0], other[0])
    union = max(one[1], other[1]) - min(one[0], other[0])
    return max(0.0, overlap) / union if union > 0 else 0.0


def _get_samples() -> _Material:
    require("samples", "The sample reels", DataError)
    plan = reel_plan()
    shown = {shot.photo for reel in plan for shot in reel.shots}
    words = {name: phrase for name, phrase in sample_subjects().items() if name in shown}
    return _Material(plan, sample_sources(), words)


def _read_material(images: Path, texts: Path) -> _Material:
    words: dict[str, str] = {}
    for name, text in read_pairs(texts, "image", "text"):
        words.setdefault(name, text)
    return _Material(plan_reels(list(words)), {name: find_file(images, name) for name in words}, words)


def _get_known_ranges(plan: Sequence[Reel], *, names: dict[str, str] | None = None) -> KnownRanges:
    """Of each photo; with `names`, of what some photos are called, which may be the same."""
    known: KnownRanges = {}
    for reel in plan:
        for shot in reel.shots:
            if names is None or shot.photo in names:
                name = names[shot.photo] if names else shot.photo
                known.setdefault(name, {}).setdefault(reel.file_name, []).append((shot.start_s, shot.end_s))
    return known


def _find_recognized(encoder: Encoder, material: _Material) -> list[str]:
    """The words by which a photo that they belong to ranks first among all photos."""
    names = list(material.sources)
    files = material.sources.values()
    photos = encoder.encode_images([open_image(path, min_side=encoder.min_side) for path in files])
    words = list(dict.fromkeys(material.words.values()))
    first = (embed_texts(encoder, words) @ photos.T).argmax(axis=1)
    return [text for text, number in zip(words, first, strict=True) if material.words.get(names[number]) == text]


def _crop(source: Path) -> bytes:
    photo = open_image(source)
    left, top = (side * (1 - _CROP) / 2 for side in photo.size)
    buffer = io.BytesIO()
    photo.crop((round(left), round(top), round(photo.width - left), round(photo.height - top))).save(buffer, "PNG")
    return buffer.getvalue()


def _run_queries(library: Library, encoder: Encoder, terms: dict[str, Term], known: KnownRanges) -> MomentRecall:
    overlaps: list[float] = []
    overlaps_of_any: list[float] = []
    missed: list[Missed] = []
    alarms, counts = 0, []
    for name, term in terms.items():
        result = search_videos(library, encoder, [term], top_k=MAX_VIDEOS)
        returned = {Path(hit.item.path).name: hit.moments for hit in result.hits}
        for reel, ranges in known[name].items():
            moments = [(moment.start_s, moment.end_s) for moment in returned.get(reel, ())]
            counts.append(len(moments))
            for shot in ranges:
                overlaps_of_any.append(_find_best(shot, moments))
                overlaps.append(_find_best(shot, moments[: len(ranges)]))
                if overlaps[-1] < _LEAST_IOU:
                    missed.append(Missed(name, reel, *(round(value, 2) for value in (*shot, overlaps[-1]))))
        alarms += sum(
            moment.likely and not _is_mostly_within((moment.start_s, moment.end_s), known[name].get(reel, []))
            for reel, own in returned.items()
            for moment in own
        )
    return MomentRecall(
        queries=len(terms),
        moments=len(overlaps),
        recall_at_50=_recall(overlaps),
        mean_iou=round(float(np.mean(overlaps)), 4),
        recall_at_50_any=_recall(overlaps_of_any),
        returned=round(float(np.mean(counts)), 2),
        false_alarms=round(alarms / len(terms), 4),
        missed=tuple(missed),
    )


def _find_best(known: Range, moments: Sequence[Range]) -> float:
    return max((compute_iou(known, moment) for moment in moments), default=0.0)


def _recall(overlaps: Sequence[float]) -> float:
    return round(float((np.array(overlaps) >= _LEAST_IOU).mean()), 4)


def _is_mostly_within(moment: Range, ranges: Sequence[Range]) -> bool:
    overlap = sum(max(0.0, min(moment[1], end) - max(moment[0], start)) for start, end in ranges)
    return overlap >= (moment[1] - moment[0]) / 2
