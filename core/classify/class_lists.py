"""Class lists as users type them: one class per line, descriptions after semicolons, "- " before a negative class."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from core.classify.zero_shot import NONE, ClassName
from core.errors import DataError, QueryError
from core.tables.table_reader import read_lines
from core.tables.text_tables import find_separator
from core.utils.path_matching import nfc

_NEGATIVE = "- "


def parse_classes(text: str) -> list[ClassName]:
    """Reads classes such as `cat; a kitten` and `- people`, one per line.

    Lines of equal names are joined. A single line without semicolons may list names with commas. Text between double
    quotes is literal.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of ClassName

    Raises
    ------
    QueryError
        The text cannot be read.
    """
    try:
        rows = _rows(text)
    except csv.Error as error:
        raise QueryError(f"The list of classes cannot be read ({error}): write one class per line.") from error
    classes: dict[tuple[str, bool], list[str]] = {}
    for cells in rows:
        name, *descriptions = [cell.strip() for cell in cells] or [""]
        negative = name.startswith(_NEGATIVE)
        name = name.removeprefix(_NEGATIVE).strip()
        if name:
            classes.setdefault((name, negative), []).extend(filter(None, descriptions))
    return [ClassName(name, tuple(dict.fromkeys(texts)), negative) for (name, negative), texts in classes.items()]


def format_classes(classes: Iterable[ClassName]) -> str:
    """The text that `parse_classes` reads.

    Parameters
    ----------
    classes : iterable of ClassName

    Returns
    -------
    str
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\n")
    for class_name in classes:
        writer.writerow([(_NEGATIVE if class_name.negative else "") + class_name.name, *class_name.descriptions])
    text = buffer.getvalue()
    is_ambiguous = text.count("\n") == 1 and ";" not in text and "," in text
    return text.rstrip("\n") + (";" if is_ambiguous else "")  # a single line would be split at commas


def _rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) == 1 and ";" not in lines[0]:
        lines = _cells(lines[0], ",")
    return [_cells(line, ";") for line in lines]


def _cells(line: str, delimiter: str) -> list[str]:
    """The cells of one line; an unclosed quote is an ordinary character."""
    try:
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True, strict=True))
    except csv.Error:
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True, quoting=csv.QUOTE_NONE))


def split_descriptions(text: str | None) -> tuple[str, ...]:
    """Descriptions in a cell such as "a kitten; a tabby".

    Parameters
    ----------
    text : str or None

    Returns
    -------
    tuple of str
    """
    return tuple(part.strip() for part in (text or "").split(";") if part.strip())


def join_descriptions(descriptions: Sequence[str]) -> str:
    """The cell that `split_descriptions` reads.

    Parameters
    ----------
    descriptions : sequence of str

    Returns
    -------
    str
    """
    return "; ".join(descriptions)


def read_classes(path: Path) -> list[ClassName]:
    """Reads classes from a file: one name per line, then descriptions; lines of equal names are joined.

    Commas, semicolons or tabs separate them, as in the text of `format_classes`. Each description of a line named "none
    of these", and each name after "- ", is a negative class. A header that begins with `name`, `label` or `class` is
    skipped.

    Parameters
    ----------
    path : Path

    Returns
    -------
    list of ClassName

    Raises
    ------
    DataError
        The file cannot be read, or has no classes.
    """
    lines = read_lines(path)
    separator = find_separator(lines) or ","
    try:
        rows = [[nfc(cell).strip() for cell in _cells(line.strip(), separator)] for line in lines]
    except csv.Error as error:
        raise DataError(f"{path} is not a list of classes ({error}): write one class per line.") from error
    if rows and rows[0][0].casefold() in ("name", "label", "class"):
        rows = rows[1:]
    found: dict[tuple[str, bool], list[str]] = {}
    for name, *descriptions in rows:
        texts = list(filter(None, descriptions))
        if name == NONE:
            found |= {(text, True): [] for text in texts}
        elif name.removeprefix(_NEGATIVE).strip():
            key = (name.removeprefix(_NEGATIVE).strip(), name.startswith(_NEGATIVE))
            found.setdefault(key, []).extend(texts)
    classes = [ClassName(name, tuple(dict.fromkeys(texts)), negative) for (name, negative), texts in found.items()]
    if all(entry.negative for entry in classes):
        raise DataError(f"{path} has no classes: write one per row.")
    return sorted(classes, key=lambda entry: entry.negative)
