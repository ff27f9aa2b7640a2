"""Texts to learn words from: files, and the documents of a library."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from core.errors import DataError
from core.learn.words.text import MOST_WORDS, Context, Text, make_text
from core.library.schema import Passage
from core.library.store import Library
from core.media.documents.blocks import decode
from core.policy import MB
from core.progress import SILENT, Task

MOST_BYTES = 20 * MB  # of a file: far more than the words that are read of it
_MOST_CHARACTERS = 12 * MOST_WORDS  # of a library, by the length of long words
_AT_ONCE = 64  # documents


def read_text(data: bytes, *, name: str = "The file", context: Context = "before") -> Text:
    """Reads a file of plain text or Markdown in any usual encoding.

    Parameters
    ----------
    data : bytes
    name : str
        Title of the source.
    context : {"before", "around"}
        See `Text`.

    Returns
    -------
    Text

    Raises
    ------
    DataError
        It is too large, or has too few words.
    MediaError
        It is no text.
    """
    if len(data) > MOST_BYTES:
        raise DataError(f"{name} is larger than {MOST_BYTES // MB:.0f} MB: use a part of it.")
    return make_text(decode(data), name=name, context=context)


def read_library(library: Library, *, context: Context = "before", task: Task = SILENT) -> Text:
    """The words of all documents of a library, in the order of their paths.

    Parameters
    ----------
    library : Library
    context : {"before", "around"}
        See `Text`.
    task : Task, optional

    Returns
    -------
    Text

    Raises
    ------
    DataError
        It has no documents, or these have too few words.
    Cancelled
    """
    table = library.items()
    listed = table.filter(pc.is_in(table["id"], pa.array(sorted(library.passage_ids()), pa.string()))).sort_by("path")
    ids = listed["id"].to_pylist()
    if not ids:
        raise DataError("This library has no documents: index some, or use a text file or the simulated text.")
    stage, parts, characters = task.stage("read", "documents"), list[str](), 0
    for at in range(0, len(ids), _AT_ONCE):
        task.check("Stopped while the documents were read.")
        found = library.passages(ids[at : at + _AT_ONCE])
        for item_id in ids[at : at + _AT_ONCE]:
            parts.append(_join(found.get(item_id, ())))
            characters += len(parts[-1])
        stage.report(min(at + _AT_ONCE, len(ids)), len(ids))
        if characters > _MOST_CHARACTERS:
            break
    return make_text("\n\n".join(parts), name=f"The documents of {library.path.name}", context=context)


def _join(passages: Iterable[Passage]) -> str:
    """The text of a document; neighboring passages overlap."""
    parts, end = [], 0
    for passage in passages:
        parts.append("\n\n" if passage.start >= end else "")
        parts.append(passage.text[max(0, end - passage.start) :])
        end = max(end, passage.end)
    return "".join(parts)
