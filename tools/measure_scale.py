"""How search grows with a library: python tools/measure_scale.py --sizes 10000 100000 [--place DIR]

Makes libraries of random vectors, as large as those of the embedded encoder, and measures each in processes of its own:
opening, memory, a query over all, half and a hundredth of it, a whole search from the words to the hits, and the first
search after a commit. Beside it, in the same process, what one would use instead: numpy in single precision, and one
flat index of FAISS. Prints a line of JSON for each size. On a busy machine ratios mean something, milliseconds do not.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from core.benchmarks.pipeline import median_ms
from core.encoders import open_encoder
from core.encoders.base import Encoder, unit_rows
from core.library import Library
from core.library.schema import Item, VectorRow
from core.search.images import search
from core.search.query import parse_query
from core.vectors.parts import make_flat_index, pad_rows

_CHUNK = 50_000
_DAY_NS = 86_400 * 10**9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--place", type=Path, help="keep the libraries here, and use those that are there")
    parser.add_argument("--open", type=Path, help=argparse.SUPPRESS)  # in the child process
    options = parser.parse_args()
    if options.open:
        print(json.dumps(measure(Library(options.open), open_encoder("embedded"))))
        return
    with tempfile.TemporaryDirectory() as temporary:
        for size in options.sizes:
            path = (options.place or Path(temporary)) / f"scale {size}"
            if not path.is_dir():
                make(path, size, open_encoder("embedded"))
            command = [sys.executable, __file__, "--open", str(path)]
            print(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip(), flush=True)


def make(path: Path, size: int, encoder: Encoder) -> None:
    """A library of items whose files are not there."""
    library = Library(path, create=True)
    with library.writing():
        for first in range(0, size, _CHUNK):
            add(library, encoder, range(first, min(first + _CHUNK, size)))
        library.sweep()


def add(library: Library, encoder: Encoder, numbers: range) -> None:
    rng = np.random.default_rng(numbers.start)
    vectors = unit_rows(rng.standard_normal((len(numbers), encoder.dim), np.float32)).astype(np.float16)
    ids = [f"{number:024x}" for number in numbers]
    library.add_vectors(encoder, [VectorRow(item, vector) for item, vector in zip(ids, vectors, strict=True)])
    library.put_items(
        [
            Item(item, f"/photos/{number // 1000}/{number}.jpg", "image", "ok", 100_000, number * _DAY_NS % 10**18)
            for item, number in zip(ids, numbers, strict=True)
        ],
        key="id",
    )


def measure(library: Library, encoder: Encoder) -> dict[str, Any]:
    encoder.encode_texts(["a dog"])  # the model is loaded by the first query, whatever the library
    before = held_mb()
    started = time.perf_counter()
    index = library.index(encoder)
    opened = time.perf_counter() - started
    held = peak_mb() - before
    count, rng = len(index), np.random.default_rng(0)
    query = index.vectors(np.array([count // 2]))[0]
    half, few = (rng.random(len(index.items)) < share for share in (0.5, 0.01))
    terms = parse_query("a dog on a beach", files=False)
    figures = {
        "items": count,
        "open_s": round(opened, 2),
        "peak_mb": round(held),
        "peak_to_vectors": round(held * 1e6 / (2 * count * index.dim), 2),
        "all_ms": median_ms(lambda: index.search(query, 1000)),
        "half_ms": median_ms(lambda: index.search(query, 1000, allowed=half)),
        "hundredth_ms": median_ms(lambda: index.search(query, 1000, allowed=few)),
        "search_ms": median_ms(lambda: search(library, encoder, terms)),
    }
    with library.writing():
        add(library, encoder, range(10**9, 10**9 + 256))
    started = time.perf_counter()
    library.index(encoder)
    figures["after_a_commit_s"] = round(time.perf_counter() - started, 2)
    return figures | _measure_others(index.vectors(np.arange(min(count, 100_000))), query)


def _measure_others(rows: np.ndarray, query: np.ndarray) -> dict[str, Any]:
    """Up to 100,000 rows."""
    flat = make_flat_index(rows.shape[1])
    flat.add(pad_rows(rows))
    wanted = pad_rows(query[None])
    return {
        "others_items": len(rows),
        "faiss_flat_fp16_ms": median_ms(lambda: flat.search(wanted, 1000)),
        "numpy_fp32_ms": median_ms(lambda: np.argpartition(rows @ query, -1000)[-1000:]),
    }


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def held_mb() -> float:
    """What this process holds now (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


if __name__ == "__main__":
    main()
