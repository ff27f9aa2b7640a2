"""The formats of vector files: one record for each, which export, import, the command line and the app iterate over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from core.encoders.precomputed import LEAST_DIM, MOST_DIM
from core.errors import DataError
from core.policy import LOCAL, MB, Policy
from core.share.tensorboard import write_projector
from core.share.vector_decoders import Claim, readable
from core.share.vector_readers import VectorFile, measure_vectors, read_npz, read_parquet
from core.share.vector_writers import write_csv, write_npz, write_parquet
from core.utils.files import to_absolute
from core.utils.plugins import load_plugins

ENTRY_POINTS = "semblance.vector_formats"
_MOST_ROWS = 20_000_000


@dataclass(frozen=True, slots=True)
class VectorFormat:
    """A format of vector files.

    Attributes
    ----------
    suffix : str
        Ending of the file, lower case, with its dot; it selects the format.
    title : str
        Name in the app.
    about : str
        One line: what the file holds and for what it is good.
    write : callable or None
        `write(rows, path, *, task)` writes a new file; `rows.parts()` yields the rows batch by batch.
        None for a format that can only be read.
    read : callable or None
        `read(path)` opens a file; its vectors are read later, batch by batch (`VectorFile.batches`). None for a format
        that can only be written.
    bytes_per_number : float
        Size of one number of a vector in the file, to estimate sizes.
    has_sprite : bool
        Whether `write` takes the option `sprite`: add a small picture of each vector.
    measure : callable or None
        `measure(path)` gives (rows, numbers in a vector, bytes that the file unpacks to) from the headers, before
        `read` opens it.
    """

    suffix: str
    title: str
    about: str
    write: Callable[..., None] | None = None
    read: Callable[[Path], VectorFile] | None = None
    bytes_per_number: float = 4.0
    has_sprite: bool = False
    measure: Callable[[Path], Claim] | None = None


_FORMATS: dict[str, VectorFormat] = {}


def add_vector_format(format: VectorFormat) -> None:
    """Adds a format, or replaces the one with the same suffix.

    A package can add one without a call: the entry point group `semblance.vector_formats` names its record.

    Raises
    ------
    ValueError
        The suffix has no dot or upper case letters, or the format can neither be written nor read.
    """
    if not format.suffix.startswith(".") or format.suffix != format.suffix.lower():
        raise ValueError(f"{format.suffix!r} is not a suffix such as '.csv'.")
    if format.write is None and format.read is None:
        raise ValueError(f"The format {format.suffix} has neither `write` nor `read`.")
    _FORMATS[format.suffix] = format


def remove_vector_format(suffix: str) -> None:
    """Removes a format, if there is one with this suffix."""
    _FORMATS.pop(suffix, None)


def export_formats() -> dict[str, VectorFormat]:
    """The formats that can be written, by suffix."""
    _load_entry_points()
    return {suffix: format for suffix, format in _FORMATS.items() if format.write is not None}


def import_formats() -> dict[str, VectorFormat]:
    """The formats that can be read, by suffix."""
    _load_entry_points()
    return {suffix: format for suffix, format in _FORMATS.items() if format.read is not None}


def open_vectors(path: Path | str, *, limits: Policy = LOCAL) -> VectorFile:
    """Opens a file of vectors without reading the vectors.

    Parameters
    ----------
    path : Path or str
        The file; its suffix selects the format. A Parquet has a column of paths and one of lists of numbers, all of
        one length; an NPZ an array of paths (n,) and one of vectors (n, dim). Their names are those in
        `core.tables.table_reader.FILES` and `core.share.vector_decoders.VECTORS`; the only column that can hold vectors
        may have any name.
    limits : Policy
        `import_bytes`: what the file may unpack to, by its headers.

    Returns
    -------
    VectorFile
        Its columns, except the vectors.

    Raises
    ------
    DataError
        The file is missing, damaged, of an unknown format, or lacks something; the message says what.
    """
    path = to_absolute(path)
    if not path.is_file():
        raise DataError(f"There is no file {str(path)!r}: check the path.")
    formats = import_formats()
    format = formats.get(path.suffix.lower())
    if format is None or format.read is None:
        raise DataError(f"{path.name} has no format that can be imported: save the vectors as {' or '.join(formats)}.")
    with readable(path):
        if format.measure is not None:
            _check_size(path, *format.measure(path), limits)
        file = format.read(path)
        _check_size(path, len(file), file.dim, 4 * len(file) * file.dim, limits)
    return file


def _check_size(path: Path, rows: int, dim: int, size: int, limits: Policy) -> None:
    if not LEAST_DIM <= dim <= MOST_DIM:
        raise DataError(f"The vectors of {path.name} have {dim} numbers: {LEAST_DIM} to {MOST_DIM} are possible.")
    if not 0 < rows <= _MOST_ROWS:
        raise DataError(f"{path.name} has {rows:,} rows: 1 to {_MOST_ROWS:,} can be imported.")
    if size > limits.import_bytes:
        most = f"{limits.import_bytes / MB:,.0f} MB"
        raise DataError(f"{path.name} unpacks to {size / MB:,.0f} MB, and the limit is {most}: import a part of it.")


@cache
def _load_entry_points() -> None:
    """Adds the formats of installed packages, once."""
    load_plugins(ENTRY_POINTS, add_vector_format)


for _format in (
    VectorFormat(
        ".parquet", "Parquet",
        "Everything, exact: importing it restores a library without embedding. For pandas, Polars, DuckDB.",
        write_parquet, read_parquet, bytes_per_number=2.7, measure=partial(measure_vectors, kind="parquet"),
    ),
    VectorFormat(
        ".csv", "CSV", "A row for each vector, a column for each number: for spreadsheets. The largest.",
        write_csv, bytes_per_number=12.6,
    ),
    VectorFormat(
        ".npz", "NumPy (NPZ)",
        "Arrays for NumPy: vectors, paths and the rest under the same row numbers. No pickles.",
        write_npz, read_npz, measure=partial(measure_vectors, kind="npz"),
    ),
    VectorFormat(
        ".zip", "TensorBoard projector (zip)",
        "For the TensorBoard embedding projector: vectors, metadata and their configuration.",
        write_projector, bytes_per_number=5.5, has_sprite=True,
    ),
):  # fmt: skip
    add_vector_format(_format)  # bytes_per_number: measured with photos
