"""Texts among the files of a run: whether they are read, and which of them are captions of the pictures beside them.

Text files lie in folders for many reasons, so they are read on request. A library remembers the request by the texts
that it has: below a path that has some, later runs read those that are new as well.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path, PurePath

from core.errors import DataError, MediaError
from core.library.ingest.scan import Scan, check_roots, is_within, scan
from core.library.schema import Item
from core.library.store import Library
from core.media.documents.blocks import decode, join_words
from core.media.documents.formats import FILE_COLUMNS, SUFFIXES, TABLE_SUFFIXES, read_header
from core.media.images import read_bytes
from core.media.kinds import is_media_file
from core.media.modalities import TEXT, find_modalities
from core.utils.path_matching import PathMatcher, fold_stem

_CAPTION_COLUMNS = ("caption", "captions", "text", "description", "sentence")
_LONGEST = 4096  # bytes of a text that is a caption, if it has the name of a picture

Captions = list[tuple[str, str]]
"""(path of a picture or video, caption)."""


def scan_items(
    paths: Sequence[Path | str],
    items: Iterable[Item] = (),
    *,
    texts: bool | None = None,
    on_found: Callable[[int], None] | None = None,
) -> Scan:
    """Lists the files below paths that become items, and the captions beside them.

    Parameters
    ----------
    paths
        Files and folders, with everything below.
    items
        Of the library.
    texts
        Whether texts are listed; None: below paths where there are texts among the items.
    on_found
        As of `scan`.

    Raises
    ------
    LibraryError
        For a path that does not exist.
    """
    with_texts = [root for root in check_roots(paths) if texts or (texts is None and has_texts(root, items))]

    def is_item(path: str) -> bool:
        reads = any(is_within(path, root) for root in with_texts)
        return is_media_file(path, texts=reads) or (reads and _is_caption_table(path))

    return scan(paths, target=is_item, on_found=on_found)


def has_texts(root: Path | str, items: Iterable[Item]) -> bool:
    """Whether some of the items are texts below a path."""
    return any(item.kind == TEXT.name and is_within(item.path, str(root)) for item in items)


def count_passed_over(passed_over: Mapping[str, int]) -> int:
    """How many of the files that a run passed over are texts, by `IngestReport.passed_over`. Tables count as none: most
    hold no texts."""
    return sum(passed_over.get(suffix, 0) for suffix in SUFFIXES - TABLE_SUFFIXES)


def is_item_file(item: Item) -> bool:
    """Whether the file of an item is of a kind that is indexed."""
    return item.kind == TEXT.name or is_media_file(item.path)


def take_captions(found: Scan) -> Captions:
    """Takes the files out of a scan that hold captions of others in it, and reads them.

    They are tables with a column of files and one of captions, and short texts with the name of a picture or video:
    `beach.txt` or `beach.jpg.txt` beside `beach.jpg`. They are counted as passed over.
    """
    texts = [path for path in found.files if TEXT in find_modalities(path)]
    if not texts:
        return []
    targets = sorted(found.files.keys() - set(texts))
    matcher = PathMatcher(targets)
    named = {fold_stem(path): path for path in targets} | {path.casefold(): path for path in targets}
    captions: Captions = []
    for path in texts:
        target = named.get(fold_stem(path)) if path.lower().endswith(".txt") else None
        if target and found.files[path].bytes <= _LONGEST:
            captions += [(target, caption) for caption in _read_caption(path)]
        elif _is_caption_table(path):
            numbered = [(matcher.find_nearest(file), caption) for file, caption in _read_table(path)]
            captions += [(targets[number], caption) for number, caption in numbered if number is not None]
        else:
            continue
        del found.files[path]
        found.passed_over[f"{PurePath(path).suffix.lower()} (captions)"] += 1
    return captions


def put_captions(library: Library, captions: Captions) -> None:
    """Gives captions to the items at their paths."""
    if captions:
        rows = library.items()
        ids = dict(zip(rows["path"].to_pylist(), rows["id"].to_pylist(), strict=True))
        library.put_captions([(ids[path], caption) for path, caption in captions if path in ids])


def _read_caption(path: str) -> list[str]:
    try:
        text = join_words(decode(read_bytes(Path(path))))
    except MediaError:
        return []
    return [text] if text else []


def _is_caption_table(path: str) -> bool:
    if PurePath(path).suffix.lower() not in TABLE_SUFFIXES:
        return False
    columns = read_header(path)
    return bool(columns & FILE_COLUMNS) and bool(columns & set(_CAPTION_COLUMNS))


def _read_table(path: str) -> Captions:
    """(path of a file, as it is named from the folder of the table, caption); nothing if it cannot be read."""
    from core.tables.table_reader import FILES, read_table

    try:
        table = read_table(Path(path))
        files, column = table.find(*FILES, *sorted(FILE_COLUMNS)), table.find(*_CAPTION_COLUMNS)
        if files is None or column is None:
            return []
        pairs = zip(table.texts(files), table.texts(column), strict=True)
        return [(os.path.join(os.path.dirname(path), file), text) for file, text in pairs if file and text]
    except DataError:
        return []
