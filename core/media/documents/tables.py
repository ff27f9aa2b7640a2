"""Tables with a column of texts (.csv, .tsv, .jsonl): each row is a passage of its own."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from core.errors import MediaError
from core.media.documents.blocks import Block, Blocks, Source, decode, join_words, load, name_some
from core.media.documents.formats import TEXT_COLUMNS, get_dialect
from core.media.modality import TextPlace

_TITLES = ("title", "heading", "name")
_NO_COLUMN = f"It has no column of texts: name one {', '.join(TEXT_COLUMNS[:-1])} or {TEXT_COLUMNS[-1]}."


def read_rows(source: Source) -> Blocks:
    """The texts of a CSV or of JSON lines. Raises MediaError if it has no column of texts."""
    text = decode(load(source))
    lines = text.count("\n") + 1
    broken: list[int] = []
    rows = _read_json(text, broken) if text.lstrip().startswith("{") else _read_csv(text)
    found = False
    for line, row in rows:
        cells = {str(name).strip().lower(): value for name, value in row.items() if name is not None}
        column = next((name for name in TEXT_COLUMNS if name in cells), None)
        found |= column is not None
        cell = join_words(str(cells[column] or "")) if column else ""
        if cell:
            title = next((join_words(str(cells[name] or "")) for name in _TITLES if cells.get(name)), None)
            yield Block(cell, TextPlace(line=line, heading=title), is_whole=True, share=line / lines)
    if not found:
        raise MediaError(_NO_COLUMN)
    return f"Left out, as they are no JSON objects: line {name_some(broken)}." if broken else None


def _read_csv(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """(line, row)."""
    csv.field_size_limit(2**27)
    lines: Iterable[str] = iter(text.splitlines(keepends=True))
    reader = csv.DictReader(lines, dialect=get_dialect(text[: text.find("\n") if "\n" in text else None]))
    begun = 2
    try:
        for row in reader:
            yield begun, row
            begun = reader.line_num + 1
    except csv.Error as error:
        raise MediaError(f"Line {begun} of the table cannot be read ({error}): save it again as CSV.") from error


def _read_json(text: str, broken: list[int]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """(line, row). broken: gets the lines that are no objects."""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                row = None
            if isinstance(row, dict):
                yield number, row
            else:
                broken.append(number)
