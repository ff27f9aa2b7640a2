"""What the child process runs that reads vector files; `core.share.vector_readers` calls these functions there.

Sizes come from headers before anything is read, and everything is read in parts: a file of a megabyte may say that it
holds gigabytes, or hold them without saying so, for which the process has a limit of its own.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq  # here, as the memory of a call is limited once the module is there
from numpy.typing import NDArray

from core.errors import ApartError, DataError, SemblanceError, first_line
from core.tables.parquet_sizes import decoded_bytes, open_frugally
from core.tables.table_reader import FILES

AT_ONCE = 1_000  # vectors in memory at a time
VECTORS = ("vector", "vectors", "embedding", "embeddings", "emb", "features")
_TEXTS, _TIMES = ("sampling", "content_hash"), ("start_s", "end_s")
_ROWS = 16_384  # of the other columns, read at a time
_HEADER = 65_536  # bytes, more than any header of an array needs
_NO_BOMB = 100_000_000  # bytes that any file may unpack to
_RATIO = 200  # and beyond these, so many times its own size: vectors hardly shrink, paths by 20

Columns = dict[str, list[Any]]


class Claim(NamedTuple):
    """What a file says of itself: its rows, the numbers in each vector, and bytes of all that it unpacks to."""

    rows: int
    dim: int
    bytes: int


def measure(path: str, kind: str) -> tuple[int, ...]:
    """The `Claim` of a file, which bounds what the others read. kind: of the readers below.

    Raises DataError, also for a bomb.
    """
    with readable(Path(path)):
        return tuple(_READERS[kind].measure(Path(path)))


def read_about(path: str, kind: str) -> Iterator[tuple[dict[str, str], Columns]]:
    """Everything except the vectors, some rows at a time: (facts of the file, columns). Raises DataError."""
    with readable(Path(path)):
        yield from _READERS[kind].about(Path(path))


def read_vectors(path: str, kind: str) -> Iterator[NDArray[np.floating]]:
    """The vectors (m, dim) in the order of the rows, as stored. Raises DataError."""
    with readable(Path(path)):
        yield from _READERS[kind].vectors(Path(path))


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Whatever a damaged or hostile file makes its reader raise, here or in the child process, as a DataError that
    names the file."""
    try:
        yield
    except (ApartError, MemoryError) as error:
        raise DataError(f"{path.name} broke its reader, or took more memory than it may: save it again.") from error
    except SemblanceError:
        raise
    except Exception as error:
        raise DataError(f"{path.name} cannot be read ({first_line(error)}): save it again.") from error


def _checked(claim: Claim, path: Path) -> Claim:
    size = path.stat().st_size
    if claim.bytes > max(_NO_BOMB, _RATIO * size):
        raise DataError(
            f"{path.name} says that its {size / 1e6:,.1f} MB hold {claim.rows:,} rows, {claim.bytes / 1e6:,.0f} MB: "
            "it cannot be a file of vectors."
        )
    return claim


def _named(names: Sequence[str], known: Sequence[str], what: str, path: Path) -> str:
    match = next((name for target in known for name in names if name.strip().lower() == target), None)
    if match is None:
        raise DataError(f"{path.name} has no {what}: name it {known[0]!r} (it has: {', '.join(names)[:200]}).")
    return match


# Parquet


class _Layout(NamedTuple):
    paths: str
    vectors: str
    dim: int


def _measure_parquet(path: Path) -> Claim:
    with open_frugally(path) as file:
        dim = _layout(file, path).dim
        rows = int(file.metadata.num_rows)
        stated = sum(file.metadata.row_group(number).total_byte_size for number in range(file.num_row_groups))
        claim = _checked(Claim(rows, dim, max(stated, rows * (4 * dim + 50))), path)
        about = 0  # is counted: headers count a text once that a dictionary holds for all rows
        for batch in file.iter_batches(_ROWS, columns=_about_columns(file, path), use_threads=False):
            about += sum(map(decoded_bytes, batch.columns))
            claim = _checked(claim._replace(bytes=max(claim.bytes, rows * 4 * dim + about)), path)
        return claim


def _layout(file: Any, path: Path) -> _Layout:
    schema = file.schema_arrow
    texts = [field.name for field in schema if _is_text(field.type)]
    lists = [field.name for field in schema if _is_vector(field.type)]
    paths = _named(texts, FILES, "column of paths", path)
    vectors = lists[0] if len(lists) == 1 else _named(lists, VECTORS, "column of vectors", path)
    kind = schema.field(vectors).type
    if pa.types.is_fixed_size_list(kind):
        return _Layout(paths, vectors, int(kind.list_size))
    first = next(file.iter_batches(1, columns=[vectors], use_threads=False), None)
    return _Layout(paths, vectors, len(first.column(0)[0].values or ()) if first is not None else 0)


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _is_vector(kind: pa.DataType) -> bool:
    return _is_list(kind) and (pa.types.is_floating(kind.value_type) or pa.types.is_integer(kind.value_type))


def _is_list(kind: pa.DataType) -> bool:
    return pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_floating(kind) or pa.types.is_integer(kind)


def _about_columns(file: pq.ParquetFile, path: Path) -> list[str]:
    """The column of paths, and those beside it that say something of a vector."""
    schema = file.schema_arrow
    fits = dict.fromkeys(_TEXTS, _is_text) | dict.fromkeys(_TIMES, _is_number)
    fits |= dict.fromkeys(("labels", "captions"), _is_list)
    told = [name for name in fits if name in schema.names and fits[name](schema.field(name).type)]
    return [_layout(file, path).paths, *told]


def _about_parquet(path: Path) -> Iterator[tuple[dict[str, str], Columns]]:
    with open_frugally(path) as file:
        names, metadata = _about_columns(file, path), file.schema_arrow.metadata or {}
        facts = {key.decode(): value.decode(errors="replace") for key, value in metadata.items()}
        facts = {name: facts.get(name, "") for name in ("encoder_id", "encoder_name")}
        for batch in file.iter_batches(_ROWS, columns=names, use_threads=False):
            yield facts, {key: _plain(batch[name]) for key, name in zip(["path", *names[1:]], names, strict=True)}


def _plain(column: pa.Array) -> list[Any]:
    return (column.dictionary_decode() if pa.types.is_dictionary(column.type) else column).to_pylist()


def _vectors_parquet(path: Path) -> Iterator[NDArray[np.floating]]:
    with open_frugally(path) as opened:
        _, name, dim = _layout(opened, path)
        for batch in opened.iter_batches(AT_ONCE, columns=[name], use_threads=False):
            column = batch.column(0)
            if column.null_count:
                raise DataError(f"{path.name} has rows without a vector: leave them out.")
            values = column.flatten()
            lengths = np.diff(column.offsets.to_numpy()) if hasattr(column, "offsets") else np.array([dim])
            if values.null_count or (lengths != dim).any() or len(values) != len(column) * dim:
                raise DataError(f"The vectors of {path.name} are not all of {dim} numbers; they must be.")
            yield values.to_numpy(zero_copy_only=False).reshape(-1, dim)


# NPZ


class _Header(NamedTuple):
    shape: tuple[int, ...]
    by_columns: bool
    kind: np.dtype[Any]

    @property
    def bytes(self) -> int:
        size = self.kind.itemsize
        for count in self.shape:
            size *= count
        return size


def _measure_npz(path: Path) -> Claim:
    with zipfile.ZipFile(path) as archive:
        headers = _headers(archive)
        _, vectors = _arrays(headers, path)
        rows, dim = headers[vectors].shape
        claim = Claim(rows, dim, sum(header.bytes for header in headers.values()))
        return _checked(claim, path)


def _headers(archive: zipfile.ZipFile) -> dict[str, _Header]:
    return {name.removesuffix(".npy"): _header(archive, name) for name in archive.namelist()[:100]}


def _arrays(headers: dict[str, _Header], path: Path) -> tuple[str, str]:
    """The names of the arrays of paths and of vectors."""
    texts = [name for name, header in headers.items() if len(header.shape) == 1 and header.kind.kind in "US"]
    tables = [name for name, header in headers.items() if len(header.shape) == 2 and header.kind.kind in "fiu"]
    paths = _named(texts, FILES, "array of paths", path)
    vectors = tables[0] if len(tables) == 1 else _named(tables, VECTORS, "array of vectors (n, dim)", path)
    rows = headers[vectors].shape[0]
    if headers[paths].shape[0] != rows:
        count = headers[paths].shape[0]
        raise DataError(f"{path.name} has {rows:,} vectors but {count:,} paths; the counts must match.")
    return paths, vectors


def _header(archive: zipfile.ZipFile, name: str) -> _Header:
    """Shape, order and type of an array, which is not read."""
    with archive.open(name) as file:
        return _read_header(BytesIO(file.read(_HEADER)))


def _read_header(file: IO[bytes]) -> _Header:
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, by_columns, kind = read(file)
    if kind.hasobject:
        raise DataError("The file holds pickled objects, which can run code and are not opened: save plain arrays.")
    if any(count < 0 for count in shape):
        raise DataError("An array in it has a negative size: save it again.")
    return _Header(shape, by_columns, kind)


def _about_npz(path: Path) -> Iterator[tuple[dict[str, str], Columns]]:
    with zipfile.ZipFile(path) as archive:
        headers = _headers(archive)
        paths, vectors = _arrays(headers, path)
        rows = headers[vectors].shape[0]
        facts = {name: _text(archive, headers, name) for name in ("encoder_id", "encoder_name")}
        fits = dict.fromkeys(_TEXTS, "US") | dict.fromkeys(_TIMES, "fiu")
        names = [name for name in fits if name in headers and headers[name].kind.kind in fits[name]]
        names = [paths, *(name for name in names if headers[name].shape == (rows,))]
        parts = [_parts(archive, name, _ROWS) for name in names]
        for columns in zip(*parts, strict=True):
            yield facts, {key: _listed(part) for key, part in zip(["path", *names[1:]], columns, strict=True)}


def _listed(part: NDArray[Any]) -> list[Any]:
    if part.dtype.kind == "S":
        part = np.char.decode(part, "utf-8")
    if part.dtype.kind == "f":
        return [None if value != value else value for value in part.astype(np.float64).tolist()]
    return part.tolist()


def _text(archive: zipfile.ZipFile, headers: dict[str, _Header], name: str) -> str:
    header = headers.get(name)
    if header is None or header.kind.kind not in "US" or header.bytes > _HEADER:
        return ""
    with archive.open(f"{name}.npy") as file:
        return str(np.lib.format.read_array(file, allow_pickle=False))


def _vectors_npz(path: Path) -> Iterator[NDArray[np.floating]]:
    with zipfile.ZipFile(path) as archive:
        yield from _parts(archive, _arrays(_headers(archive), path)[1], AT_ONCE)


def _parts(archive: zipfile.ZipFile, name: str, at_once: int) -> Iterator[NDArray[Any]]:
    """The rows of an array, some at a time; one in Fortran's order cannot be read row by row."""
    with archive.open(f"{name}.npy") as stored:
        header = _read_header(stored)
        rows, more = header.shape[0], header.shape[1:]
        if header.by_columns and more:
            whole = np.frombuffer(stored.read(header.bytes), header.kind).reshape(header.shape, order="F")
            yield from (np.ascontiguousarray(whole[first : first + at_once]) for first in range(0, rows, at_once))
            return
        numbers = int(np.prod(more, dtype=np.int64))  # in a row
        for first in range(0, rows, at_once):
            count = min(at_once, rows - first)
            data = stored.read(count * numbers * header.kind.itemsize)
            yield np.frombuffer(data, header.kind, count * numbers).reshape(count, *more)


class _Reader(NamedTuple):
    measure: Callable[[Path], Claim]
    about: Callable[[Path], Iterator[tuple[dict[str, str], Columns]]]
    vectors: Callable[[Path], Iterator[NDArray[np.floating]]]


_READERS = {
    "parquet": _Reader(_measure_parquet, _about_parquet, _vectors_parquet),
    "npz": _Reader(_measure_npz, _about_npz, _vectors_npz),
}
