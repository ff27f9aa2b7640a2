"""Labels of a library's items from folders, from a table, or as given by people: classes or numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.encoders.base import Vectors
from core.errors import DataError
from core.library.index import VectorIndex
from core.library.schema import Item
from core.library.track import get_item_vectors
from core.tables.table_reader import FILES, NO_LIMITS, TableLimits
from core.tables.table_reader import read_table as read_any_table
from core.utils.path_matching import PathMatcher, nfc

_WORD = re.compile(r"(?<![^\W_])([^\W\d_]{3,})\d*(?![^\W_])")  # dog, dog2; nothing out of 693b08cb0e
_NO_WORDS = frozenset(
    "img image imagem bild photo foto pic picture dsc dscn dscf pxl mvimg vid mov video clip pano burst screenshot "
    "scan whatsapp signal telegram copy edited final jpg jpeg png".split()
)


@dataclass(frozen=True)
class LabeledItems:
    """items: n of them; vectors: (n, dim) unit rows, of a video its mean over time; labels: (n,)."""

    items: tuple[Item, ...]
    vectors: Vectors
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table with a row per file. files: (n,) paths or file names. columns: name -> (n,) cells."""

    files: tuple[str, ...]
    columns: dict[str, tuple[str, ...]]

    def numeric(self) -> list[str]:
        """The columns in which every cell is empty or a number."""
        return [
            name for name, cells in self.columns.items() if any(cells) and all(map(_is_number, filter(None, cells)))
        ]

    def column(self, name: str, items: Sequence[Item]) -> tuple[dict[str, str], list[str]]:
        """({item id: cell}, the files that match no item or several). See `pairs`."""
        found, unknown = self.pairs(name, items)
        return dict(found), unknown

    def pairs(self, name: str, items: Sequence[Item]) -> tuple[list[tuple[str, str]], list[str]]:
        """([(item id, cell)] of all rows, the files that match no item or several).

        A file is matched by as many last parts of its path as an item has: `cats/1.jpg`, else `1.jpg`. If several items
        have them, none is chosen.
        """
        matcher = PathMatcher([item.path for item in items])
        found: list[tuple[str, str]] = []
        unknown: list[str] = []
        for file, cell in zip(self.files, self.columns[name], strict=True):
            number = matcher.find_nearest(file)
            if number is None:
                unknown.append(file)
            elif cell:
                found.append((items[number].id, cell))
        return found, unknown


def read_table(source: Path | bytes, *, limits: TableLimits = NO_LIMITS) -> Table:
    """A table that names files in the column image, path or file (see `FILES`), by default in its first column.

    Raises DataError, which says what is missing, or what is too large for the limits.
    """
    table = read_any_table(source, limits=limits)
    if not len(table.rows) or len(table.columns) < 2:
        raise DataError("The table needs a header, a column of paths or file names, and another column beside it.")
    known = {table.find(name) for name in FILES}
    files = next((column for column in table.columns if column in known), table.columns[0])
    rest = {column: tuple(table.texts(column)) for column in table.columns if column != files}
    return Table(tuple(table.texts(files)), rest)


def get_folder_labels(items: Sequence[Item]) -> dict[str, str]:
    """{item id: the name of its folder}."""
    return {item.id: nfc(Path(item.path).parent.name) for item in items}


def has_folder_classes(items: Sequence[Item]) -> bool:
    """Whether folder names may be classes: at least two folders hold items of one kind, so that they part more than
    photos from videos.
    """
    folders: dict[str, set[str]] = {}
    for item in items:
        folders.setdefault(item.kind, set()).add(nfc(Path(item.path).parent.name))
    return any(len(names) > 1 for names in folders.values())


def get_name_captions(items: Sequence[Item]) -> list[tuple[str, str]]:
    """[(item id, the words of its file name)] of items that have any but those that cameras and programs write."""
    found = ((item.id, _WORD.findall(Path(item.path).stem)) for item in items)
    captions = (
        (item_id, " ".join(word for word in words if word.lower() not in _NO_WORDS)) for item_id, words in found
    )
    return [(item_id, caption) for item_id, caption in captions if caption]


def select_labeled_items(index: VectorIndex, labels: Mapping[str, str]) -> LabeledItems:
    """The items that have a label and vectors, in the order of the library. Raises DataError for fewer than two."""
    known = index.items.take(index.rows_with_vectors).to_pylist()
    rows = [row for row in known if row["id"] in labels]
    if len(rows) < 2:
        raise DataError("Fewer than two labelled pictures of this library have vectors of this encoder.")
    _, vectors = get_item_vectors(index, [row["id"] for row in rows])
    items = tuple(map(Item.from_row, rows))
    return LabeledItems(items, vectors, tuple(labels[item.id] for item in items))


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
