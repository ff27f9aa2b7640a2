"""An estimate before an index run: how many files, how much video, and about how long it takes."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from core.encoders.base import Encoder
from core.encoders.calibration import get_calibration
from core.errors import MediaError
from core.library.ingest.known import IndexState
from core.library.ingest.raw_pairs import pass_over_raw_pairs
from core.library.ingest.reader import group_by_kind, read_decoded
from core.library.ingest.scan import FoundFile, Scan, use_known_names
from core.library.ingest.texts import take_captions
from core.library.store import Library
from core.library.track import embed_parts, embed_video
from core.media.isolated import probe_isolated
from core.media.modalities import PICTURE, VIDEO, get_modality
from core.media.modality import Modality
from core.media.sampling import Sampling
from core.progress import Progress, Task

_LOOK_S = 1.5  # seconds given to reading how long videos are, and to each trial
_SCENES = 3.0  # times as long as one frame a second, as measured: all is decoded twice, and compared
_TRIALS = 3  # videos that are tried: codecs and sizes differ


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run has to do.

    Attributes
    ----------
    counts, bytes
        Of the files that are new or changed: how many there are of each kind.
    already_indexed
        How many files are not.
    video_seconds
        Duration of the videos; if there are many, partly estimated from their bytes.
    seconds
        Of embedding, from a short trial with some of the files.
    """

    counts: Mapping[str, int]
    already_indexed: int
    bytes: int
    video_seconds: float
    seconds: float

    @property
    def pictures(self) -> int:
        """How many pictures are new or changed."""
        return self.counts.get(PICTURE.name, 0)

    @property
    def videos(self) -> int:
        """How many videos are new or changed."""
        return self.counts.get(VIDEO.name, 0)


def estimate_ingest(
    found: Scan, encoder: Encoder, sampling: Sampling | None = None, *, library: Library | None = None
) -> Estimate:
    """Estimates a run in a few seconds, however many files there are, once the encoder is loaded.

    Parameters
    ----------
    found
        The files.
    encoder, sampling
        As for `ingest`.
    library
        Its unchanged files are left out.

    Raises
    ------
    EncoderError
        If the encoder cannot load.
    """
    known = IndexState.load(library, encoder, sampling) if library else None
    if known is not None:
        use_known_names(found, known.items)
    take_captions(found)
    pass_over_raw_pairs(found, known.items.values() if known is not None else ())
    files = [file for file in found.files.values() if known is None or not known.is_current(file)]
    kinds = {modality.name: entries for modality, entries in group_by_kind(files)}
    pictures, videos = kinds.get(PICTURE.name, []), kinds.get(VIDEO.name, [])
    lengths = _measure_lengths(videos)
    looked_at = sum(file.bytes for file, _ in lengths)
    seconds_per_byte = sum(length for _, length in lengths) / looked_at if looked_at else 0.0
    video_seconds = seconds_per_byte * sum(file.bytes for file in videos)
    if files:
        encoder.encode_images([Image.new("RGB", (64, 64))])  # loads the encoder, which is not part of the trial
    seconds = len(pictures) * _measure_image_seconds(pictures, encoder) + video_seconds * _measure_video_seconds(
        lengths, encoder, sampling or Sampling()
    )
    for name in kinds.keys() - {PICTURE.name, VIDEO.name}:
        seconds += _measure_seconds(get_modality(name), kinds[name], encoder)
    return Estimate(
        counts={name: len(entries) for name, entries in kinds.items()},
        already_indexed=len(found.files) - len(files),
        bytes=sum(file.bytes for file in files),
        video_seconds=video_seconds,
        seconds=seconds,
    )


def _measure_lengths(videos: Sequence[FoundFile]) -> list[tuple[FoundFile, float]]:
    """(video, its seconds) of as many as there is time for, evenly from the list."""
    found: list[tuple[FoundFile, float]] = []
    started = 0.0
    for file in _sample_evenly(videos, len(videos)):
        try:
            found.append((file, probe_isolated(file.path).duration_s or 0.0))
        except MediaError:
            found.append((file, 0.0))
        started = started or time.monotonic()  # the first one loads FFmpeg
        if time.monotonic() - started > _LOOK_S:
            break
    return found


def _measure_image_seconds(pictures: Sequence[FoundFile], encoder: Encoder) -> float:
    """Seconds per picture, measured with one batch read ahead as in an index run."""
    batch = _sample_evenly(pictures, encoder.batch_size)
    if not batch:
        return 0.0
    started = time.monotonic()
    images = [entry.image for entry in read_decoded([file.path for file in batch], encoder) if entry.image]
    encoder.encode_images(images)
    return (time.monotonic() - started) / len(batch)


def _measure_video_seconds(lengths: Sequence[tuple[FoundFile, float]], encoder: Encoder, sampling: Sampling) -> float:
    """Seconds per second of video, measured at the beginnings of a few (finding scenes needs whole videos)."""
    tried = Sampling() if sampling.by == "scenes" else sampling
    embedded = spent = 0.0
    for file, _ in [length for length in lengths if length[1] > 0][:_TRIALS]:
        enough = threading.Event()

        def tell(progress: Progress, enough: threading.Event = enough) -> None:
            if progress.seconds > _LOOK_S / _TRIALS:
                enough.set()

        started = time.monotonic()
        try:
            track = embed_video(
                encoder,
                Path(file.path),
                tried,
                merge_threshold=get_calibration(encoder).nearly_identical,  # an exact one may take time of its own
                task=Task(tell, enough),
            )
            embedded += track.duration_s
        except MediaError:
            continue
        spent += time.monotonic() - started
    return (_SCENES if sampling.by == "scenes" else 1.0) * spent / embedded if embedded else 0.0


def _measure_seconds(modality: Modality, files: Sequence[FoundFile], encoder: Encoder) -> float:
    """Seconds for the files of any other kind, by their bytes, measured with a few of them."""
    spent = tried = 0.0
    for file in _sample_evenly(files, _TRIALS):
        enough, share = threading.Event(), [1.0]

        def tell(progress: Progress, enough: threading.Event = enough, share: list[float] = share) -> None:
            share[0] = progress.done / progress.total if progress.total else 1.0
            if progress.seconds > _LOOK_S / _TRIALS:
                enough.set()

        started = time.monotonic()
        with suppress(MediaError):
            embed_parts(encoder, Path(file.path), modality, task=Task(tell, enough))
        spent, tried = spent + time.monotonic() - started, tried + file.bytes * share[0]
        if spent > _LOOK_S:
            break
    return spent / tried * sum(file.bytes for file in files) if tried else 0.0


def _sample_evenly(files: Sequence[FoundFile], count: int) -> list[FoundFile]:
    """Up to `count` of the files, evenly from the list, since neighboring files are alike."""
    step = max(1, len(files) // max(1, min(count, 16)))
    return [file for first in range(step) for file in files[first::step]][:count]
