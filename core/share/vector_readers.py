"""Reads vector files in batches: Parquet, and NPZ without pickles; in a child process, whose memory is limited."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from core.errors import DataError
from core.isolation.calls import Limits, stream_limited
from core.share.vector_decoders import Claim, measure, read_about, read_vectors, readable

_SILENT_S = 120.0
_MEMORY = 192 * 2**20  # that reading may take in the child process, and so many times the size of the file
_TIMES = 8
_KINDS = {"start_s": pa.float32(), "end_s": pa.float32()}


@dataclass(frozen=True, eq=False)
class VectorFile:
    """A vector file, opened: everything except its vectors.

    Attributes
    ----------
    path : Path
        The file.
    dim : int
        Numbers in each vector.
    about : pyarrow.Table
        One row per vector: `path`, and those of `start_s`, `end_s` (seconds), `sampling`, `content_hash`, `labels` and
        `captions` that the file has.
    encoder_id, encoder_name : str
        The encoder of the vectors; empty where the file does not name it.
    batches : callable
        Yields the vectors (m, dim) in the order of the rows.
    """

    path: Path
    dim: int
    about: pa.Table
    encoder_id: str
    encoder_name: str
    batches: Callable[[], Iterator[NDArray[np.floating]]]

    def __len__(self) -> int:
        return len(self.about)

    def vectors(self) -> Iterator[NDArray[np.floating]]:
        """Batches (m, dim) in the order of the rows, as stored: nothing is checked.

        Raises
        ------
        DataError
            The file is damaged.
        """
        with readable(self.path):
            yield from self.batches()


def measure_vectors(path: Path, kind: str) -> Claim:
    """What a file says of itself in its headers. kind: "parquet" or "npz". Raises DataError, and ApartError."""
    (found,) = _read(measure, path, kind)
    return Claim(*found)


def read_parquet(path: Path) -> VectorFile:
    """Opens a Parquet with a column of paths and one of vectors."""
    return _open(path, "parquet")


def read_npz(path: Path) -> VectorFile:
    """Opens an NPZ with an array of paths and one of vectors."""
    return _open(path, "npz")


def _open(path: Path, kind: str) -> VectorFile:
    claim = measure_vectors(path, kind)
    facts: dict[str, str] = {}
    parts: list[pa.Table] = []
    for told, columns in _read(read_about, path, kind):
        facts = told
        parts.append(pa.table({name: pa.array(column, _KINDS.get(name)) for name, column in columns.items()}))
    about = pa.concat_tables(parts, promote_options="permissive") if parts else pa.table({"path": pa.array([], "str")})
    if len(about) != claim.rows:
        raise DataError(f"{path.name} says that it has {claim.rows:,} rows, and has {len(about):,}: save it again.")
    batches = partial(_read, read_vectors, path, kind)
    return VectorFile(path, claim.dim, about, facts.get("encoder_id", ""), facts.get("encoder_name", ""), batches)


def _read(function: Callable[..., Any], path: Path, kind: str) -> Iterator[Any]:
    limits = Limits(silent_s=_SILENT_S, more_memory=_MEMORY + _TIMES * path.stat().st_size)
    return stream_limited(function, str(path), kind, limits=limits)
