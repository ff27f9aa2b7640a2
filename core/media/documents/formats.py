"""Which files are documents by their names; of tables, by their columns too. Light: no reader is loaded."""

from __future__ import annotations

import csv
import json
from pathlib import Path, PurePath

TABLE_SUFFIXES = frozenset((".csv", ".tsv", ".jsonl", ".ndjson"))
SUBTITLE_SUFFIXES = frozenset((".srt", ".vtt"))
SUFFIXES = TABLE_SUFFIXES | SUBTITLE_SUFFIXES | frozenset(
    (".txt", ".md", ".markdown", ".html", ".htm", ".xhtml", ".pdf", ".docx", ".epub")
)  # fmt: skip
TEXT_COLUMNS = ("text", "content", "body", "passage", "description", "abstract")
FILE_COLUMNS = frozenset(
    "path paths file files filename filenames file_name filepath image_path image picture photo video".split()
)
_HEAD_BYTES = 64 * 1024


def may_be_document(path: Path | str) -> bool:
    """Whether a file with such an ending is a document: a table is, if it has a column of texts and none of files."""
    if PurePath(path).suffix.lower() not in TABLE_SUFFIXES:
        return True
    columns = read_header(path)
    return bool(columns & frozenset(TEXT_COLUMNS)) and not columns & FILE_COLUMNS


def read_header(path: Path | str) -> frozenset[str]:
    """The names of a table's columns in lower case; none if it cannot be read."""
    try:
        with open(path, "rb") as file:
            lines = file.read(_HEAD_BYTES).decode("utf-8-sig", errors="replace").splitlines()
        first = next((line for line in lines if line.strip()), "")
        is_json = first.lstrip().startswith("{")
        names = json.loads(first) if is_json else next(csv.reader([first], get_dialect(first)), [])
    except (OSError, ValueError, csv.Error, RecursionError):
        return frozenset()
    return frozenset(str(name).strip().lower() for name in names)


def get_dialect(header: str) -> type[csv.Dialect]:
    """Commas, or whichever separator a header has most of."""

    class Separated(csv.excel):
        delimiter = max(",;\t", key=header.count)

    return Separated
