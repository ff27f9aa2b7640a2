"""Reads vector files in batches: Parquet, and NPZ without pickles."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from core.errors import DataError
from core.utils.table_reader import FILES

AT_ONCE = 1_000  # vectors in memory at a time
VECTORS = ("vector", "vectors", "embedding", "embeddings", "emb", "features")
_ABOUT = ("start_s", "end_s", "sampling", "content_hash", "labels", "captions")


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


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Errors of the libraries that read files, as a DataError that names the file."""
    try:
        yield
    except DataError:
        raise
    except (
        OSError,
        ValueError,
        KeyError,
        EOFError,
        NotImplementedError,
        zipfile.BadZipFile,
        pa.ArrowException,
    ) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise DataError(f"{path.name} cannot be read ({reason}): save it again.") from error


def _named(names: Sequence[str], known: Sequence[str], what: str, path: Path) -> str:
    match = next((name for target in known for name in names if name.strip().lower() == target), None)
    if match is None:
        raise DataError(f"{path.name} has no {what}: name it {known[0]!r} (it has: {', '.join(names)[:200]}).")
    return match


# Parquet


def read_parquet(path: Path) -> VectorFile:
    """Opens a Parquet with a column of paths and one of vectors."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        schema = file.schema_arrow
        texts = [field.name for field in schema if _is_text(field.type)]
        lists = [field.name for field in schema if _is_vector(field.type)]
        paths = _named(texts, FILES, "column of paths", path)
        vectors = lists[0] if len(lists) == 1 else _named(lists, VECTORS, "column of vectors", path)
        names = [paths, *(name for name in _ABOUT if name in schema.names)]
        about = file.read(columns=names).rename_columns(["path", *names[1:]])
        about = about.set_column(0, "path", about["path"].cast(pa.string()))
        facts = {key.decode(): value.decode(errors="replace") for key, value in (schema.metadata or {}).items()}
        dim = _list_length(file, vectors)
    batches = partial(_iter_parquet, path, vectors, dim)
    return VectorFile(path, dim, about, facts.get("encoder_id", ""), facts.get("encoder_name", ""), batches)


def _is_text(kind: pa.DataType) -> bool:
    """Also as a category, as pandas writes columns of few values."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def _is_vector(kind: pa.DataType) -> bool:
    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    return is_list and (pa.types.is_floating(kind.value_type) or pa.types.is_integer(kind.value_type))


def _list_length(file: Any, name: str) -> int:
    kind = file.schema_arrow.field(name).type
    if pa.types.is_fixed_size_list(kind):
        return int(kind.list_size)
    first = next(file.iter_batches(1, columns=[name]), None)
    return len(first.column(0)[0].values or ()) if first is not None else 0


def _iter_parquet(path: Path, name: str, dim: int) -> Iterator[NDArray[np.floating]]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as opened:
        for batch in opened.iter_batches(AT_ONCE, columns=[name]):
            column = batch.column(0)
            if column.null_count:
                raise DataError(f"{path.name} has rows without a vector: leave them out.")
            values = column.flatten()
            lengths = np.diff(column.offsets.to_numpy()) if hasattr(column, "offsets") else np.array([dim])
            if values.null_count or (lengths != dim).any() or len(values) != len(column) * dim:
                raise DataError(f"The vectors of {path.name} are not all of {dim} numbers; they must be.")
            yield values.to_numpy(zero_copy_only=False).reshape(-1, dim)


# NPZ


def read_npz(path: Path) -> VectorFile:
    """Opens an NPZ with an array of paths and one of vectors."""
    with zipfile.ZipFile(path) as archive:
        headers = {name.removesuffix(".npy"): _header(archive, name) for name in archive.namelist()}
        texts = [name for name, (shape, kind, _) in headers.items() if len(shape) == 1 and kind.kind in "US"]
        tables = [name for name, (shape, kind, _) in headers.items() if len(shape) == 2 and kind.kind in "fiu"]
        paths = _named(texts, FILES, "array of paths", path)
        vectors = tables[0] if len(tables) == 1 else _named(tables, VECTORS, "array of vectors (n, dim)", path)
        rows, dim = headers[vectors][0]
        columns = {"path": _texts(archive, paths)}
        columns |= {name: _texts(archive, name) for name in ("content_hash",) if name in texts}
        columns |= {name: _numbers(archive, name) for name in ("start_s", "end_s") if name in headers}
        facts = {name: str(_whole(archive, name)) for name in ("encoder_id", "encoder_name") if name in headers}
    if any(len(column) != rows for column in columns.values()):
        raise DataError(f"{path.name} has {rows:,} vectors but {len(columns['path']):,} paths; the counts must match.")
    about = pa.table(columns)
    batches = partial(_iter_npz, path, vectors)
    return VectorFile(path, dim, about, facts.get("encoder_id", ""), facts.get("encoder_name", ""), batches)


def _header(archive: zipfile.ZipFile, name: str) -> tuple[tuple[int, ...], np.dtype[Any], bool]:
    """Shape, type and whether the order is Fortran, without reading the array."""
    with archive.open(name) as file:
        return _read_header(file)


def _read_header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any], bool]:
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, by_columns, kind = read(file)
    if kind.hasobject:
        raise DataError("The file holds pickled objects, which can run code and are not opened: save plain arrays.")
    return shape, kind, by_columns


def _whole(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    with archive.open(f"{name}.npy") as file:
        return np.lib.format.read_array(file, allow_pickle=False)


def _texts(archive: zipfile.ZipFile, name: str) -> pa.Array:
    array = _whole(archive, name)
    return pa.array(np.char.decode(array, "utf-8") if array.dtype.kind == "S" else array, pa.string())


def _numbers(archive: zipfile.ZipFile, name: str) -> pa.Array:
    return pa.array(_whole(archive, name).astype(np.float32), from_pandas=True)


def _iter_npz(path: Path, name: str) -> Iterator[NDArray[np.floating]]:
    with zipfile.ZipFile(path) as archive:
        (rows, dim), kind, by_columns = _header(archive, f"{name}.npy")
        if by_columns:  # Fortran order cannot be read row by row
            whole = _whole(archive, name)
            yield from (whole[first : first + AT_ONCE] for first in range(0, rows, AT_ONCE))
            return
        with archive.open(f"{name}.npy") as stored:
            _read_header(stored)
            for first in range(0, rows, AT_ONCE):
                count = min(AT_ONCE, rows - first)
                data = stored.read(count * dim * kind.itemsize)
                yield np.frombuffer(data, kind, count * dim).reshape(count, dim)
