"""Campaigns of advertisers from a CSV, and examples for made-up products."""

from __future__ import annotations

import importlib.resources
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import DataError
from core.utils.path_matching import find_file, nfc
from core.utils.table_reader import Limits, read_table

_COLUMNS = ("name", "text", "picture", "words", "budget", "link")
_BUDGET = 1_000
_LIMITS = Limits(file_bytes=10_000_000, unpacked_bytes=100_000_000, table_rows=10_000)


@dataclass(frozen=True, slots=True)
class Campaign:
    """An advertisement. text, picture: what it says and shows. words: of its audience, such as "surfing". budget: times
    it may be shown, in all visits. link: address that a click opens."""

    name: str
    text: str = ""
    picture: bytes | Path | None = None
    words: tuple[str, ...] = ()
    budget: int = _BUDGET
    link: str = ""


def load_example_campaigns() -> tuple[Campaign, ...]:
    """Campaigns for made-up products."""
    return read_campaigns(importlib.resources.files(__package__).joinpath("campaigns.csv").read_bytes())


def read_campaigns(source: Path | bytes, *, pictures: Mapping[str, bytes] | None = None) -> tuple[Campaign, ...]:
    """Reads campaigns from a CSV with the column name, text or picture, and optionally words (separated by ;), budget
    and link.

    pictures: by the name in the column picture; otherwise names are files beside the CSV. Raises DataError.
    """
    rows = _rows(source)
    folder = source.parent if isinstance(source, Path) else None
    campaigns = tuple(_campaign(row, line, folder, pictures or {}) for line, row in enumerate(rows, start=2))
    twice = [name for name, times in Counter(campaign.name for campaign in campaigns).items() if times > 1]
    if twice:
        raise DataError(f"Two campaigns are called {min(twice)!r}: give each a name of its own.")
    if not campaigns:
        raise DataError("The table of campaigns holds no rows.")
    return campaigns


def _rows(source: Path | bytes) -> list[dict[str, str]]:
    table = read_table(source, name=None if isinstance(source, Path) else "The table of campaigns", limits=_LIMITS)
    if table.find("name") is None or table.find("text", "picture") is None:
        raise DataError("A table of campaigns needs the column name, and text or picture.")
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
    sent = {nfc(sent): data for sent, data in pictures.items()}
    if nfc(name) in sent:
        return sent[nfc(name)]
    if folder is None:
        raise DataError(f"The picture {name!r} of {row['name']!r} is not there: add the file {name}, or leave it out.")
    return find_file(folder, name)
