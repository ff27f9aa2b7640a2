"""Labels and captions of a library, for commands that learn from them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.encoders import Encoder
from core.errors import DataError

if TYPE_CHECKING:
    from core.library import Library

_STORED = ""  # in place of a table: the captions that the library has


def add_examples(source: Any) -> None:
    """Adds `--captions` and `--labels` to a group of options, of which one is given."""
    text = "table with a column of files and the column caption; without CSV: the captions that the library has"
    source.add_argument("--captions", nargs="?", const=_STORED, metavar="CSV", help=text)
    text = "name of a task: its labels that a person gave, as on the page Classify"
    source.add_argument("--labels", metavar="TASK", help=text)


def read_labels(library: Library, task: str) -> dict[str, str]:
    """Labels of a task that a person gave, by item id. Raises DataError if there are none."""
    labels = {entry.item_id: entry.label for entry in library.labels(task) if entry.by == "person"}
    if not labels:
        tasks = ", ".join(sorted({entry.task for entry in library.labels() if entry.by == "person"})) or "none yet"
        raise DataError(f"{library.path} has no labels by a person in the task {task!r} (it has: {tasks}).")
    return labels


def read_captions(library: Library, encoder: Encoder, table: str) -> list[tuple[str, str]]:
    """(item id, caption) pairs of a table, or those that the library has. Raises DataError if it cannot be read."""
    from core.library import Item, read_table

    if table == _STORED:
        return library.captions()
    columns = read_table(Path(table))
    name = "caption" if "caption" in columns.columns else next(iter(columns.columns))
    items = [Item.from_row(row) for row in library.index(encoder).items.to_pylist()]
    return columns.pairs(name, items)[0]
