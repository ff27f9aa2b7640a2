"""The full-text index over the passages of a library: which of them contain a word.

Lance's index stems English words, folds accents and leaves function words out. Rows that came after it was made are
searched without it, so that nothing is overlooked between two runs of indexing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from core.library.schema import PASSAGES
from core.library.store.passages import TABLE
from core.library.store.tables import TableFolder, explain_failed_write

_PLACES = pa.schema([PASSAGES.field("item_id"), PASSAGES.field("start")])


class Words:
    """The words of the passages in a library's folder."""

    def __init__(self, tables: TableFolder) -> None:
        self._tables = tables

    def index(self) -> None:
        """Makes the full-text index if there are passages without one. `TableFolder.compact` keeps it up to date."""
        from lancedb.index import FTS

        table = self._tables.open(TABLE)
        if table is None or _has_index(table) or not table.count_rows():
            return
        with explain_failed_write(self._tables.path), self._tables.changing(TABLE):
            table.create_index("text", config=FTS())

    def find(self, words: Sequence[str], limit: int) -> list[pa.Table]:
        """For each word the `item_id` and `start` of up to `limit` passages with it; none where there is no index."""

        def query(table: Any) -> list[pa.Table]:
            return [_find_word(table, word, limit) for word in words] if words and _has_index(table) else []

        return self._tables.read(TABLE, query) or [_PLACES.empty_table() for _ in words]


def _find_word(table: Any, word: str, limit: int) -> pa.Table:
    from lancedb.query import MatchQuery

    match = MatchQuery(word, "text")  # type: ignore[call-arg]
    columns = [*_PLACES.names, "_score"]  # the engine warns where the score is not among them
    return table.search(match, query_type="fts").select(columns).limit(limit).to_arrow().select(_PLACES.names)


def _has_index(table: Any) -> bool:
    return any(index.columns == ["text"] for index in table.list_indices())
