"""Reads ratings as MovieLens distributes them (Harper and Konstan 2015): a folder, a zip, or just the ratings table."""

from __future__ import annotations

import zipfile
import zlib
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from numpy.typing import NDArray

from core.errors import DataError
from core.learn.archive import Opener, make_opener
from core.learn.movies import Watched, make_movies, read_list
from core.policy import LOCAL, Policy
from core.recommend.interactions import InteractionLog

MOST_ROWS = 1_000_000
MOST_MOVIES = 5_000
_MOST_LIST_BYTES = 50_000_000
_BLOCK = 1 << 22  # bytes read at once


@dataclass(frozen=True, slots=True)
class _Edition:
    """The format of an edition of MovieLens. columns: their names; empty if the file has a header."""

    ratings: str
    movies: str
    separator: str
    columns: tuple[str, ...] = ()


_EDITIONS = (
    _Edition("ratings.csv", "movies.csv", ","),  # latest, 20m, 25m, 32m
    _Edition("u.data", "u.item", "\t", ("user", "item", "rating", "time")),  # 100k
    # 1m and 10m separate by two colons, which reads as an empty column in between
    _Edition("ratings.dat", "movies.dat", ":", ("user", "", "item", " ", "rating", "  ", "time")),
)


def read_ratings(
    source: Path | bytes, *, movies: bytes | None = None, name: str = "", limits: Policy = LOCAL
) -> Watched:
    """Reads ratings as movies watched, in temporal order: the first 1,000,000 of the 5,000 most watched movies.

    Parameters
    ----------
    source : Path or bytes
        A folder or a zip of MovieLens, or ratings.csv alone (userId, movieId and optionally timestamp).
    movies : bytes, optional
        movies.csv (movieId, title, genres), if it is not with the ratings; without it titles and genres are unknown.
    name : str
        Title of the source.
    limits : Policy
        Limits of a zip, `zip_files` and `unpacked_bytes`.

    Returns
    -------
    Watched
        Its `notes` say what was left out.

    Raises
    ------
    DataError
        The source cannot be read, or has no ratings.
    """
    title = name or (source.name if isinstance(source, Path) else "The file")
    try:
        with ExitStack() as stack:
            files = make_opener(source, _name_table, stack, limits)
            edition, file = _load_ratings(files)
            log, notes = _read(file, edition)
            listed = movies if movies is not None else _load_list(files, edition)
    except _BROKEN as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise DataError(
            f"{title} cannot be read as ratings: {reason}. Use a zip or ratings.csv of MovieLens."
        ) from error
    log, more_notes = _select_most_watched(log)
    known = read_list(listed, edition.movies) if listed is not None else {}
    if not known:
        more_notes.append("Without movies.csv, titles and genres are unknown.")
    return Watched(log, make_movies(log.item_names, known), title, notes=(*notes, *more_notes))


def _name_table(first_line: bytes) -> str:
    return "ratings.dat" if b"::" in first_line else "u.data" if b"\t" in first_line else "ratings.csv"


def _load_ratings(files: Opener) -> tuple[_Edition, BinaryIO]:
    for edition in _EDITIONS:
        if (file := files(edition.ratings)) is not None:
            return edition, file
    names = ", ".join(edition.ratings for edition in _EDITIONS)
    raise DataError(f"There are no ratings in it: use a folder or a zip of MovieLens, with one of {names}.")


def _load_list(files: Opener, edition: _Edition) -> bytes | None:
    file = files(edition.movies)
    data = file.read(_MOST_LIST_BYTES + 1) if file else None
    if data and len(data) > _MOST_LIST_BYTES:
        raise DataError(f"{edition.movies} is larger than {_MOST_LIST_BYTES // 10**6} MB: shorten it.")
    return data


def _read(file: BinaryIO, edition: _Edition) -> tuple[InteractionLog, list[str]]:
    """The ratings as a log, with notes; reads blocks until there are enough."""
    reader = pa.csv.open_csv(
        file,
        read_options=pa.csv.ReadOptions(column_names=list(edition.columns) or None, block_size=_BLOCK),
        parse_options=pa.csv.ParseOptions(delimiter=edition.separator),
    )
    blocks, count = [], 0
    while count <= MOST_ROWS:
        try:
            blocks.append(reader.read_next_batch())
        except StopIteration:
            break
        count += len(blocks[-1])
    table = pa.Table.from_batches(blocks, reader.schema)
    columns = {name.strip().lower(): name for name in table.column_names}
    user, item = (next((columns[name] for name in names if name in columns), "") for names in _NAMES)
    if not user or not item:
        raise DataError(f"{edition.ratings} needs the columns userId and movieId; it has {', '.join(columns)}.")
    table = table.filter(pc.and_(pc.is_valid(table[user]), pc.is_valid(table[item])))
    if not len(table):
        raise DataError(f"{edition.ratings} has no ratings.")
    notes = []
    if len(table) > MOST_ROWS:
        table = _whole_viewers(table.slice(0, MOST_ROWS), user)
        notes.append(f"Only the first {len(table):,} ratings were read.")
    when = next((columns[name] for name in ("timestamp", "time") if name in columns), None)
    return _log(table, user, item, when), notes


# what zipfile and pyarrow raise for broken and locked files, and for files that are not tables
_BROKEN = (
    OSError, EOFError, RuntimeError, NotImplementedError, UnicodeDecodeError, zlib.error, zipfile.BadZipFile,
    pa.ArrowException,
)  # fmt: skip
_NAMES = (("userid", "user", "user_id"), ("movieid", "item", "item_id"))


def _whole_viewers(table: pa.Table, user: str) -> pa.Table:
    """Drops the last viewer, whose ratings may be incomplete, unless there is no other."""
    complete = table.filter(pc.not_equal(table[user], table[user][-1]))
    return complete if len(complete) else table


def _log(table: pa.Table, user: str, item: str, when: str | None) -> InteractionLog:
    users, user_names = _encode(table[user])
    items, item_names = _encode(table[item])
    times = np.arange(len(table), dtype=np.float64)
    if when is not None:
        try:
            times = table[when].cast(pa.float64()).to_numpy()
        except pa.ArrowException as error:
            raise DataError(f"The column {when} must hold seconds, as in MovieLens.") from error
        times = np.nan_to_num(times, nan=0.0, posinf=0.0, neginf=0.0)
    order = np.argsort(times, kind="stable")
    ones = np.ones(len(table), np.float32)
    return InteractionLog(users[order], items[order], times[order], ones, user_names, item_names)


def _encode(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    codes = column.combine_chunks().dictionary_encode()
    return codes.indices.to_numpy().astype(np.int64), tuple(map(str, codes.dictionary.to_pylist()))


def _select_most_watched(log: InteractionLog) -> tuple[InteractionLog, list[str]]:
    counts = np.bincount(log.items, minlength=len(log.item_names))
    if len(counts) <= MOST_MOVIES:
        return log, []
    selected = np.sort(np.argsort(-counts, kind="stable")[:MOST_MOVIES])
    new_number = np.full(len(counts), -1)
    new_number[selected] = np.arange(MOST_MOVIES)
    part = log.part(new_number[log.items] >= 0)
    names = tuple(log.item_names[number] for number in selected)
    note = f"Only the {MOST_MOVIES:,} most watched of {len(counts):,} movies are used."
    return replace(part, items=new_number[part.items], item_names=names), [note]
