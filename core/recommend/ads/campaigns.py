"""Campaigns of advertisers from a CSV, and examples for made-up products."""

from __future__ import annotations

import csv
import importlib.resources
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import DataError

_COLUMNS = ("name", "text", "picture", "words", "budget", "link")
_BUDGET = 1_000
_MOST_BYTES = 10_000_000


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
    names = [campaign.name for campaign in campaigns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"Two campaigns are called {twice[0]!r}: give each a name of its own.")
    if not campaigns:
        raise DataError("The table of campaigns holds no rows.")
    return campaigns


def _rows(source: Path | bytes) -> list[dict[str, str]]:
    try:
        data = source.read_bytes() if isinstance(source, Path) else source
        if len(data) > _MOST_BYTES:
            raise DataError(f"The table of campaigns is larger than {_MOST_BYTES // 1_000_000} MB: is it another file?")
        reader = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
        found = [(name or "").strip().lower() for name in reader.fieldnames or []]
        if "name" not in found or not {"text", "picture"} & set(found):
            raise DataError("A table of campaigns needs the column name, and text or picture.")
        reader.fieldnames = found
        rows = [{name: (row.get(name) or "").strip() for name in _COLUMNS} for row in reader]
    except OSError as error:
        raise DataError(f"{source!s} cannot be read: {error.strerror}.") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise DataError(f"The table of campaigns is not a CSV in UTF-8: {error}.") from error
    return [row for row in rows if any(row.values())]


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
    if name in pictures:
        return pictures[name]
    if folder is None:
        raise DataError(f"The picture {name!r} of {row['name']!r} is not there: add the file {name}, or leave it out.")
    return folder / name
