"""Speed, as ratios within one run: absolute figures say as much about the machine as about the program."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from core.encoders.base import Encoder, unit_rows
from core.errors import DataError
from core.labelled_files import embed_files
from core.library import Library, ingest
from core.library.index import flat_index, padded
from core.library.scan import scan
from core.media.images import open_image
from core.media.kinds import is_image_path
from core.progress import OnProgress
from core.query import parse_query
from core.search import search

_SAMPLE = 512  # photos; enough for a second or more of each step
_REPEATS = 5


def bench_images(encoder: Encoder, folder: Path, *, on_progress: OnProgress | None = None) -> dict[str, Any]:
    """Images per second of each step from files to committed vectors, and each step's share of the slowest.

    Raises DataError where the folder holds no pictures.
    """
    paths = list(scan([folder], wanted=is_image_path).files)[:_SAMPLE]
    if not paths:
        raise DataError(f"There are no pictures in {folder}.")
    encoder.encode_texts(["warm up"])
    started = time.perf_counter()
    images = [open_image(path, min_side=encoder.min_side) for path in paths]
    decode = len(paths) / (time.perf_counter() - started)
    encoder.encode_images(images[: encoder.batch_size])
    started = time.perf_counter()
    for first in range(0, len(images), encoder.batch_size):
        encoder.encode_images(images[first : first + encoder.batch_size])
    encode = len(paths) / (time.perf_counter() - started)
    del images
    names = [os.path.relpath(path, folder) for path in paths]
    vectors = embed_files(encoder, folder, names, on_progress=on_progress).images_per_s
    with tempfile.TemporaryDirectory() as place:
        started = time.perf_counter()
        ingest(Library(Path(place) / "library", create=True), encoder, paths, on_progress=on_progress)
        committed = len(paths) / (time.perf_counter() - started)
    rates = {"decode_one_thread": decode, "encode": encode, "files_to_vectors": vectors, "files_to_library": committed}
    return {
        "images": len(paths),
        "encoder": encoder.name,
        "images_per_s": {name: round(rate, 1) for name, rate in rates.items()},
        "ratio_to_encode": {name: round(rate / encode, 2) for name, rate in rates.items()},
    }


def bench_search(encoder: Encoder, *, items: int, library: Library | None = None) -> dict[str, Any]:
    """Milliseconds (median) of one exact query over random vectors, by the index's method and by plain numpy.

    With a library: also of a whole search in it, from the words to the hits.
    """
    if items < 1_000:
        raise DataError("--items: at least 1,000, or there is nothing to time.")
    rng = np.random.default_rng(0)
    flat = flat_index(encoder.dim)
    matrix = np.empty((items, encoder.dim), np.float32)
    for first in range(0, items, 10_000):
        count = min(10_000, items - first)
        matrix[first : first + count] = unit_rows(rng.standard_normal((count, encoder.dim), np.float32))
        flat.add(padded(matrix[first : first + count]))
    query = matrix[:1] + np.float32(0.01)
    half = _median_ms(lambda: flat.search(padded(query), 100))
    plain = _median_ms(lambda: np.argpartition(matrix @ query[0], -100)[-100:])
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
        figures["search_ms"] = _median_ms(lambda: search(library, encoder, terms))
    return figures


def _median_ms(run: Callable[[], object]) -> float:
    run()
    times = []
    for _ in range(_REPEATS):
        started = time.perf_counter()
        run()
        times.append(1000 * (time.perf_counter() - started))
    return round(float(np.median(times)), 2)
