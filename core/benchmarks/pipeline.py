"""Speed, as ratios within one run: absolute figures say as much about the machine as about the program."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from core.classify.zero_shot import ClassName, ZeroShot
from core.encoders.base import Encoder, unit_rows
from core.encoders.reference_prompts import embed_reference_prompts
from core.errors import DataError, MediaError
from core.evaluation.datasets import embed_files
from core.evaluation.search.video_retrieval import index_videos
from core.library import Library, ingest
from core.library.ingest.scan import scan
from core.library.track import embed_video
from core.media.images import open_image
from core.media.isolated import open_isolated
from core.media.kinds import is_image_path, is_video_path
from core.media.sampling import Sampling
from core.progress import SILENT, Task
from core.search.images import search
from core.search.query import parse_query
from core.vectors.parts import make_flat_index, pad_rows

_SAMPLE = 512  # photos or frames; enough for a second or more of each step
_SAMPLE_S = 600.0  # of video
_REPEATS = 9


def bench_images(encoder: Encoder, folder: Path, *, task: Task = SILENT) -> dict[str, Any]:
    """Images per second of each step from files to committed vectors, and each step's share of the slowest.

    Raises DataError where the folder holds no pictures.
    """
    paths = list(scan([folder], target=is_image_path).files)[:_SAMPLE]
    if not paths:
        raise DataError(f"There are no pictures in {folder}.")
    encoder.encode_texts(["warm up"])
    started = time.perf_counter()
    images = [open_image(path, min_side=encoder.min_side) for path in paths]
    decode = len(paths) / (time.perf_counter() - started)
    started = time.perf_counter()
    for path in paths:
        open_isolated(path, min_side=encoder.min_side)
    in_subprocess = len(paths) / (time.perf_counter() - started)
    encode = len(paths) / _encoding_s(encoder, images)
    del images
    names = [os.path.relpath(path, folder) for path in paths]
    vectors = embed_files(encoder, folder, names, task=task).images_per_s
    with tempfile.TemporaryDirectory() as place:
        started = time.perf_counter()
        ingest(Library(Path(place) / "library", create=True), encoder, paths, task=task)
        committed = len(paths) / (time.perf_counter() - started)
    rates = {
        "decode_one_thread": decode,
        "decode_apart": in_subprocess,
        "encode": encode,
        "files_to_vectors": vectors,
        "files_to_library": committed,
    }
    return {
        "images": len(paths),
        "encoder": encoder.name,
        "images_per_s": {name: round(rate, 1) for name, rate in rates.items()},
        "ratio_to_encode": {name: round(rate / encode, 2) for name, rate in rates.items()},
    }


def bench_video(encoder: Encoder, folder: Path, sampling: Sampling, *, task: Task = SILENT) -> dict[str, Any]:
    """Seconds of video per second of each step from files to committed vectors, and each one's share of encoding.

    Takes the first videos of the folder that last ten minutes together, each one whole.
    Raises DataError where the folder holds no video that can be read.
    """
    from core.media.video import Video  # loads FFmpeg

    paths: list[str] = []
    images: list[Image.Image] = []
    seconds = sampled_s = spent = 0.0
    for path in scan([folder], target=is_video_path).files:
        started = time.perf_counter()
        try:
            with Video(path) as video:
                for frame in video.frames(sampling, min_side=encoder.min_side):
                    if len(images) < _SAMPLE:
                        images.append(frame.image)
                        sampled_s += frame.end_s - frame.start_s
                seconds += video.read_s
        except MediaError:
            continue
        spent += time.perf_counter() - started
        paths.append(path)
        if seconds >= _SAMPLE_S:
            break
    if not images:
        raise DataError(f"There are no videos in {folder} that can be read.")
    decode, encode = seconds / spent, sampled_s / _encoding_s(encoder, images)
    started = time.perf_counter()
    for path in paths:
        embed_video(encoder, Path(path), sampling)
    vectors = seconds / (time.perf_counter() - started)
    with tempfile.TemporaryDirectory() as place:
        library = Library(Path(place) / "library", create=True)
        report = index_videos(library, encoder, paths, sampling, task=task)
        committed = report.video_seconds / report.seconds
    rates = {"decode": decode, "encode": encode, "files_to_vectors": vectors, "files_to_library": committed}
    return {
        "videos": len(paths),
        "video_seconds": round(seconds, 1),
        "sampling": str(sampling),
        "encoder": encoder.name,
        "seconds_of_video_per_s": {name: round(rate, 1) for name, rate in rates.items()},
        "ratio_to_encode": {name: round(rate / encode, 2) for name, rate in rates.items()},
    }


def bench_search(encoder: Encoder, *, items: int, library: Library | None = None) -> dict[str, Any]:
    """Milliseconds (median) of one exact query over random vectors, by the index's method and by plain numpy.

    With a library: also of a whole search in it, from the words to the hits.
    """
    if items < 1_000:
        raise DataError("There is nothing to time: the number of items must be at least 1,000.")
    rng = np.random.default_rng(0)
    flat = make_flat_index(encoder.dim)
    matrix = np.empty((items, encoder.dim), np.float32)
    for first in range(0, items, 10_000):
        count = min(10_000, items - first)
        matrix[first : first + count] = unit_rows(rng.standard_normal((count, encoder.dim), np.float32))
        flat.add(pad_rows(matrix[first : first + count]))
    query = matrix[:1] + np.float32(0.01)
    half = median_ms(lambda: flat.search(pad_rows(query), 100))
    plain = median_ms(lambda: np.argpartition(matrix @ query[0], -100)[-100:])
    figures: dict[str, Any] = {
        "items": items,
        "dim": encoder.dim,
        "index_fp16_ms": half,
        "numpy_fp32_ms": plain,
        "ratio": round(plain / half, 2),
    }
    if library is not None:
        terms = parse_query("a dog on a beach", files=False)
        figures["library_items"] = len(library.index(encoder))
        figures["search_ms"] = median_ms(lambda: search(library, encoder, terms))
    return figures


def bench_classify(encoder: Encoder, *, items: int, classes: int) -> dict[str, Any]:
    """Seconds (median) to tell random items into random classes: probabilities, fits and labels, without embedding."""
    if items < 1 or classes < 1:
        raise DataError("There is nothing to time: at least one item and one class are needed.")
    embed_reference_prompts(encoder)
    rng = np.random.default_rng(0)
    vectors = unit_rows(rng.standard_normal((items, encoder.dim), np.float32))
    prototypes = unit_rows(rng.standard_normal((classes, encoder.dim), np.float32))
    names = tuple(ClassName(str(number)) for number in range(classes))
    zero_shot = ZeroShot(encoder, names, prototypes, encoder.scoring)
    seconds = median_ms(lambda: zero_shot.predict(vectors).labels()) / 1000
    return {"items": items, "classes": classes, "dim": encoder.dim, "seconds": round(seconds, 4)}


def _encoding_s(encoder: Encoder, images: list[Image.Image]) -> float:
    """Seconds that encoding takes, in batches, once the model is warm."""
    encoder.encode_images(images[: encoder.batch_size])
    started = time.perf_counter()
    for first in range(0, len(images), encoder.batch_size):
        encoder.encode_images(images[first : first + encoder.batch_size])
    return time.perf_counter() - started


def median_ms(run: Callable[[], object]) -> float:
    """Milliseconds that something takes once it is warm: the median of nine."""
    run()
    times = []
    for _ in range(_REPEATS):
        started = time.perf_counter()
        run()
        times.append(1000 * (time.perf_counter() - started))
    return round(float(np.median(times)), 3)
