"""The full-text index over the passages of a library: which of them contain a word.

Lance's index stems English words, folds accents and leaves function words out. Rows that came after it was made are
searched without it, so that nothing is overlooked between two runs of indexing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.library.schema import PASSAGES
from core.library.store.passages import TABLE
from core.library.store.tables import TableFolder, explain_failed_write

_PLACES = pa.schema([PASSAGES.field("item_id"), PASSAGES.field("start")])
_ROW = "_rowid"  # the engine's number of a row, in one version of the table


@dataclass(frozen=True, slots=True)
class WordRows:
    """Where words are.

    Attributes
    ----------
    places : pyarrow.Table
        `item_id` and `start` of all passages.
    rows : list of ndarray of int64
        For each word the rows of `places` whose passages contain it.
    """

    places: pa.Table
    rows: list[NDArray[np.int64]]


class Words:
    """The words of the passages in a library's folder."""

    def __init__(self, tables: TableFolder) -> None:
        self._tables = tables
        self._places: tuple[int, pa.Table] | None = None  # with the version of the table

    def index(self) -> None:
        """Makes the full-text index if there are passages without one. `TableFolder.compact` keeps it up to date."""
        from lancedb.index import FTS

        table = self._tables.open(TABLE)
        if table is None or _has_index(table) or not table.count_rows():
            return
        with explain_failed_write(self._tables.path), self._tables.changing(TABLE):
            table.create_index("text", config=FTS())

    def find(self, words: Sequence[str], limit: int) -> WordRows:
        """Up to `limit` passages with each word; none where there is no index."""

        def query(table: Any) -> WordRows | None:
            if not words or not _has_index(table):
                return None
            places = self._read_places(table)
            numbers = pa.chunked_array([places[_ROW].combine_chunks()])
            rows = [pc.index_in(_find_word(table, word, limit), value_set=numbers).to_numpy() for word in words]
            return WordRows(places.select(_PLACES.names), [row.astype(np.int64) for row in rows])

        found = self._tables.read(TABLE, query)
        return found or WordRows(_PLACES.empty_table(), [np.zeros(0, np.int64) for _ in words])

    def _read_places(self, table: Any) -> pa.Table:
        """`_PLACES` and `_ROW` of all passages, kept until the table changes: the engine takes longer to fetch them for
        each word that is frequent."""
        kept = self._places
        if kept is None or kept[0] != table.version:
            kept = table.version, table.search().select(_PLACES.names).with_row_id(True).limit(None).to_arrow()
            self._places = kept
        return kept[1]


def _find_word(table: Any, word: str, limit: int) -> pa.ChunkedArray:
    """The `_ROW` of passages with a word."""
    from lancedb.query import MatchQuery

    match = MatchQuery(word, "text")  # type: ignore[call-arg]
    columns = [_ROW, "_score"]  # the engine warns where the score is not among them
    return table.search(match, query_type="fts").select(columns).limit(limit).to_arrow()[_ROW]


def _has_index(table: Any) -> bool:
    return any(index.columns == ["text"] for index in table.list_indices())
