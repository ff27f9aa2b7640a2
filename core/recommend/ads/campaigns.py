"""Campaigns of advertisers from a table, and examples for fictional products."""

from __future__ import annotations

import importlib.resources
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import DataError
from core.tables.table_reader import NO_LIMITS, TableLimits, read_table
from core.utils.path_matching import find_file, nfc

_COLUMNS = ("name", "text", "picture", "words", "budget", "link")
_BUDGET = 1_000
_MOST = 10_000  # campaigns: each is embedded


@dataclass(frozen=True, slots=True)
class Campaign:
    """An advertisement.

    Attributes
    ----------
    name, text : str
    picture : bytes or Path or None
    words : tuple of str
        Words of its audience, such as "surfing".
    budget : int
        Times it may be shown, in all visits.
    link : str
        Address that a click opens.
    """

    name: str
    text: str = ""
    picture: bytes | Path | None = None
    words: tuple[str, ...] = ()
    budget: int = _BUDGET
    link: str = ""


def load_example_campaigns() -> tuple[Campaign, ...]:
    """Campaigns for fictional products.

    Returns
    -------
    tuple of Campaign
    """
    return read_campaigns(importlib.resources.files(__package__).joinpath("campaigns.csv").read_bytes())


def read_campaigns(
    source: Path | bytes, *, pictures: Mapping[str, bytes] | None = None, limits: TableLimits = NO_LIMITS
) -> tuple[Campaign, ...]:
    """Reads campaigns from a table.

    Columns: name; text or picture; optionally words (separated by semicolons), budget and link.

    Parameters
    ----------
    source : Path or bytes
    pictures : mapping of str to bytes, optional
        Pictures by the name in the column picture; other names are files beside the table.
    limits : TableLimits
        How large the table may be.

    Returns
    -------
    tuple of Campaign

    Raises
    ------
    DataError
        The table is invalid.
    """
    rows = _rows(source, limits)
    folder = source.parent if isinstance(source, Path) else None
    campaigns = tuple(_campaign(row, line, folder, pictures or {}) for line, row in enumerate(rows, start=2))
    repeated = [name for name, times in Counter(campaign.name for campaign in campaigns).items() if times > 1]
    if repeated:
        raise DataError(f"Two campaigns are called {min(repeated)!r}: give each its own name.")
    if not campaigns:
        raise DataError("The table of campaigns has no rows.")
    return campaigns


def _rows(source: Path | bytes, limits: TableLimits) -> list[dict[str, str]]:
    table = read_table(source, name=None if isinstance(source, Path) else "The table of campaigns", limits=limits)
    if table.find("name") is None or table.find("text", "picture") is None:
        raise DataError("A table of campaigns needs the column name, and text or picture.")
    if len(table.rows) > _MOST:
        raise DataError(f"{table.name} has {len(table.rows):,} campaigns, and may have {_MOST:,}: bring a part of it.")
    columns = {name: table.find(name) for name in _COLUMNS}
    cells = [table.texts(column) if column else [""] * len(table.rows) for column in columns.values()]
    return [dict(zip(_COLUMNS, row, strict=True)) for row in zip(*cells, strict=True)]


def _campaign(row: dict[str, str], line: int, folder: Path | None, pictures: Mapping[str, bytes]) -> Campaign:
    if not row["name"]:
        raise DataError(f"Row {line} of the campaigns has no name.")
    if not row["text"] and not row["picture"]:
        raise DataError(f"The campaign {row['name']!r} has neither text nor picture: give one.")
    if row["budget"] and not row["budget"].isdecimal():
        raise DataError(f"The budget of {row['name']!r} must be a whole number of times it may be shown.")
    if row["link"] and not row["link"].startswith(("https://", "http://")):
        raise DataError(f"The link of {row['name']!r} must begin with https:// or http://.")
    words = tuple(dict.fromkeys(filter(None, (word.strip() for word in row["words"].split(";")))))
    budget = int(row["budget"]) if row["budget"] else _BUDGET
    return Campaign(row["name"], row["text"], _picture(row, folder, pictures), words, budget, row["link"])


def _picture(row: dict[str, str], folder: Path | None, pictures: Mapping[str, bytes]) -> bytes | Path | None:
    name = row["picture"]
    if not name:
        return None
    uploaded = {nfc(file): data for file, data in pictures.items()}
    if nfc(name) in uploaded:
        return uploaded[nfc(name)]
    if folder is None:
        raise DataError(
            f"The picture {name!r} of {row['name']!r} is missing: add the file {name}, or remove it from the table."
        )
    return find_file(folder, name)
