"""The Lance tables of a library: opened, read, changed, compacted, with errors that say what to do."""

from __future__ import annotations

import hashlib
import os
import re
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

from core.errors import LibraryError
from core.library.schema import EncoderEntry
from core.library.store.footers import MAGIC
from core.library.store.integrity import DamagedFile, TableFiles
from core.library.store.manifest import MANIFEST_NAME
from core.utils.deferred_package import defer_package

_KEEP_VERSIONS = timedelta(minutes=10)  # readers of an older version get this long to finish
_ALL_VERSIONS = timedelta(days=36_500)
_OTHERS_S = 2.0  # within which another process has finished the file that it is writing
_ENGINE_ERRORS = (OSError, RuntimeError, ValueError, KeyError, pa.ArrowException)  # what Lance raises
_LATER = ("sampling", "rules")  # columns that earlier formats lack

T = TypeVar("T")


class TableFolder:
    """The tables in a library's directory. Only calls of the table engine count as damage or as a failed write."""

    def __init__(self, path: Path) -> None:
        """Raises LibraryError where the engine cannot open the directory."""
        defer_package("lance_namespace_urllib3_client")  # a client of servers: half of what `import lancedb` takes
        import lancedb  # takes a second to import: only opening a library waits for it

        self.path = path
        self._files: dict[str, TableFiles] = {}
        try:
            self._database = lancedb.connect(path)
        except _ENGINE_ERRORS as error:
            raise LibraryError(f"The library {str(path)!r} cannot be opened ({first_line(error)}).") from error

    def folder(self, name: str) -> Path:
        """Where a table's files are."""
        return self.path / f"{name}.lance"

    def open(self, name: str) -> Any | None:
        """A new handle on a table, at its newest version; None where it does not exist.

        Raises DamagedTable, and LibraryError where the library itself is gone.
        """
        version = self.files(name).newest_version()
        if version is None:
            check_is_there(self.path)
            if any(self.folder(name).glob("data/*.lance")):  # not what a process leaves that dies while it makes one
                raise make_damaged_error(self.path, name, DamagedFile("the list of its versions is missing"))
            return None
        with self._blaming(name):
            self.files(name).check(version)
            return self._database.open_table(name)

    def files(self, name: str) -> TableFiles:
        """The files of a table, and which of them were found whole."""
        return self._files.setdefault(name, TableFiles(self.folder(name)))

    @contextmanager
    def _blaming(self, name: str) -> Iterator[None]:
        """Whatever the engine raises means that a table is damaged, its panics too, which are no exceptions."""
        try:
            yield
        except BaseException as error:
            if not (isinstance(error, (*_ENGINE_ERRORS, DamagedFile)) or is_panic(error)):
                raise
            check_is_there(self.path)
            raise make_damaged_error(self.path, name, error) from error

    def create(self, name: str, schema: pa.Schema) -> Any:
        """A table, created where it does not exist. Raises LibraryError where the library is gone."""
        check_is_there(self.path)
        table = self.open(name)
        return table if table is not None else self._database.create_table(name, schema=schema, exist_ok=True)

    def read(self, name: str, query: Callable[[Any], T]) -> T | None:
        """What a query returns for a table at its newest version; None where there is no table.

        The query calls the engine and nothing else: its errors mean damage. Raises DamagedTable.
        """
        return self.query(name, self.open(name), query)

    def query(self, name: str, table: Any | None, query: Callable[[Any], T]) -> T | None:
        """As `read`, of a handle that is open already."""
        if table is None:
            return None
        with self._blaming(name):
            return query(table)

    def rows(self, name: str, schema: pa.Schema) -> pa.Table:
        """All rows of a table; none where it does not exist."""
        return self.rows_of(name, self.open(name), schema)

    def rows_of(self, name: str, table: Any | None, schema: pa.Schema) -> pa.Table:
        """As `rows`, of a handle that is open already."""
        rows = self.query(name, table, lambda table: table.to_arrow())
        if rows is None:
            return schema.empty_table()
        self._check_encoder(name, table, schema)
        self._check_columns(name, rows.column_names, schema)
        return rows

    def rows_about(self, name: str, table: Any | None, schema: pa.Schema, columns: Sequence[str]) -> pa.Table:
        """Some columns of all rows of an open table, with the engine's id of each row, `_rowid`; none if it is None."""
        named = [*columns, "_rowid"]
        if table is None:
            return pa.table(
                {each: pa.array([], schema.field(each).type) for each in columns}
                | {"_rowid": pa.array([], pa.uint64())}
            )
        self._check_encoder(name, table, schema)
        self._check_columns(name, table.schema.names, schema)
        rows = self.query(
            name, table, lambda table: table.search().select([*columns]).with_row_id(True).limit(None).to_arrow()
        )
        assert rows is not None
        return rows.select(named)

    def _check_columns(self, name: str, there: Sequence[str], schema: pa.Schema) -> None:
        """Raises DamagedTable where a table lacks a column that its format has."""
        lacks = [column for column in schema.names if column not in there and column not in _LATER]
        if lacks:
            raise make_damaged_error(self.path, name, DamagedFile(f"it has no column {lacks[0]}"))

    def _check_encoder(self, name: str, table: Any, schema: pa.Schema) -> None:
        """Raises DamagedTable where a table of vectors says nothing of its encoder, or something else."""
        if schema.metadata is None:
            return
        there, wanted = table.schema, schema.field("vector")
        is_named = (there.metadata or {}).get(b"encoder_id") == schema.metadata[b"encoder_id"]
        if not is_named or "vector" not in there.names or there.field("vector").type != wanted.type:
            raise make_damaged_error(self.path, name, DamagedFile("it does not say of which encoder its vectors are"))

    def rows_with(self, name: str, column: str, values: Sequence[str]) -> list[pa.Table]:
        """The rows in which a column has one of the values, in parts."""
        groups = list(quote_values(values))

        def query(table: Any) -> list[pa.Table]:
            return [table.search().where(f"{column} IN ({group})").limit(None).to_arrow() for group in groups]

        return self.read(name, query) or []

    def column(self, name: str, column: str, *, where: str | None = None) -> list[Any] | None:
        """The cells of a column; None where there is no table."""

        def query(table: Any) -> pa.Table:
            search = table.search() if where is None else table.search().where(where)
            return search.select([column]).limit(None).to_arrow()

        rows = self.read(name, query)
        return None if rows is None else rows[column].to_pylist()

    @contextmanager
    def changing(self, name: str) -> Iterator[None]:
        """Around the engine's calls that write to a table. Raises LibraryError; the table is then as it was, or as it
        was committed."""
        check_is_there(self.path)
        with explain_failed_write(self.path), self._written(name):
            yield

    @contextmanager
    def _written(self, name: str) -> Iterator[None]:
        """Around calls that write: all or nothing, and what was written is listed with its checksums."""
        before = _files(self.folder(name))
        with atomic_table_write(self.folder(name)):
            yield
        self.files(name).record(_files(self.folder(name)) - before)

    def compact(self, name: str) -> None:
        """Rewrites many small files as a few large ones; the old files go once the new ones are on the disk."""
        if (table := self.open(name)) is not None:
            with explain_failed_write(self.path), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                with self._written(name):
                    table.optimize(cleanup_older_than=_ALL_VERSIONS)
                with self._written(name):
                    table.optimize(cleanup_older_than=_KEEP_VERSIONS)
                self.files(name).forget_removed()

    def vector_names(self) -> list[str]:
        """The names of the tables of vectors."""
        return sorted(path.stem for path in self.path.glob("vectors_*.lance"))

    def encoders(self) -> list[EncoderEntry]:
        """The encoders that have vectors. Skips damaged tables; reading one directly raises DamagedTable."""
        found = []
        for name in self.vector_names():
            with suppress(DamagedTable):
                entry = self.read(name, _describe)
                found += [] if entry is None else [entry]
        return found

    def find_damage(self, rest: Callable[[int], object] | None = None) -> list[str]:
        """See `Library.find_damage`."""
        found = []
        for name in sorted(path.stem for path in self.path.glob("*.lance")):
            if file := self.files(name).find_damage(rest):
                found.append(str(make_damaged_error(self.path, name, DamagedFile(f"{file} is not as it was written"))))
        return found


def _describe(table: Any) -> EncoderEntry:
    """The encoder of a table of vectors. Raises KeyError where it names none."""
    about = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
    return EncoderEntry(about["encoder_id"], about["encoder_name"], int(about["dim"]), table.count_rows())


def check_is_there(path: Path) -> None:
    """Raises LibraryError where a library that was open is gone: an empty answer would be wrong."""
    if not (path / MANIFEST_NAME).is_file():
        raise LibraryError(
            f"The library {path} is not there any more: it was moved or removed. Open it where it is now."
        )


def table_name(encoder_id: str) -> str:
    """The name of the table of an encoder's vectors."""
    slug = re.sub(r"[^a-z0-9]+", "_", encoder_id.lower())[:40]
    return f"vectors_{slug}_{hashlib.blake2b(encoder_id.encode(), digest_size=4).hexdigest()}"


def delete_rows(table: Any, column: str, values: Sequence[str]) -> None:
    """Deletes the rows in which a column has one of the values."""
    for group in quote_values(values):
        table.delete(f"{column} IN ({group})")


def quote_values(values: Sequence[str]) -> Iterator[str]:
    """Lists for SQL's IN, up to 1,000 values each."""
    for start in range(0, len(values), 1000):
        yield ", ".join("'" + value.replace("'", "''") + "'" for value in values[start : start + 1000])


@contextmanager
def atomic_table_write(folder: Path) -> Iterator[None]:
    """Takes back what the block commits to the table in a folder if not all of it has reached the disk.

    Where the last part of a file does not fit on the disk, Lance commits a truncated file without an error, and the
    table can never be read again. Once the newest version's file is removed, the version before it counts. Other
    processes may commit or write meanwhile: only versions that are truncated, or name truncated data, are taken back.
    """
    before = _files(folder)
    try:
        yield
    finally:
        cut_off = _cut_off([path for path in _files(folder) - before if path.parent.name != "_deletions"])
        for path in cut_off:
            path.unlink(missing_ok=True)
    if cut_off:
        raise OSError("No space left on device: the end of a file was not written")


def _files(folder: Path) -> set[Path]:
    return {*folder.glob("data/*.lance"), *folder.glob("_versions/*.manifest"), *folder.glob("_deletions/*")}


def _cut_off(new: Sequence[Path]) -> list[Path]:
    """The files of versions that are truncated, or name a truncated file of data."""
    until = time.monotonic() + _OTHERS_S
    while True:
        broken = [path for path in new if not _is_whole(path)]
        data = [path.name.encode() for path in broken if path.suffix != ".manifest"]
        found = [path for path in new if path.suffix == ".manifest" and (path in broken or _names(path, data))]
        if not found or time.monotonic() > until:
            return found
        time.sleep(0.05)


def _names(version: Path, data: Sequence[bytes]) -> bool:
    try:
        content = version.read_bytes() if data else b""
    except FileNotFoundError:  # packed away by another process
        return False
    return any(name in content for name in data)


def _is_whole(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            file.seek(-len(MAGIC), os.SEEK_END)
            return file.read() == MAGIC
    except FileNotFoundError:  # packed away by another process
        return True
    except OSError:  # shorter than that
        return False


def is_panic(error: BaseException) -> bool:
    """Whether the engine broke down over what it read: it raises that as no exception."""
    return type(error).__module__.startswith("pyo3")


def first_line(error: BaseException) -> str:
    """The first line of an error's message."""
    line = (str(error).splitlines() or [type(error).__name__])[0]
    return re.sub(r",? \S+\.rs:\d+(:\d+)?", "", line)[:160]  # without places in the engine's source


class DamagedTable(LibraryError):
    """One table of a library cannot be read; the others can."""


def make_damaged_error(path: Path, name: str, error: BaseException) -> DamagedTable:
    """The error for a table that cannot be read: what it held, what is unharmed, and what to do."""
    if name == "items":
        what, then = "list of files", "index the same folders again, all in one run: their vectors and labels are kept"
    elif name == "passages":
        what, then = "table of texts", "index the same folders again, which reads the documents anew"
    elif name in ("labels", "captions"):
        what, then = f"table of {name}", "all else is unharmed"
    else:
        what, then = "table of one encoder's vectors", "index again: all else is unharmed"
    return DamagedTable(
        f"The {what} of {path} is damaged ({first_line(error)}). "
        f"Restore the folder {name}.lance in it from a copy, or remove that folder; {then}."
    )


@contextmanager
def explain_failed_write(path: Path) -> Iterator[None]:
    """Turns what the engine or the disk raises in a write (full, read-only, damaged) into one sentence."""
    try:
        yield
    except BaseException as error:
        if not (isinstance(error, _ENGINE_ERRORS) or is_panic(error)):
            raise
        raise LibraryError(
            f"Writing into {path} failed ({first_line(error)}). Check its free space and permissions, "
            "then run again: what was committed is safe."
        ) from error
