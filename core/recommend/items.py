"""What may stand for an item of a library in a log, or on the command line."""

from __future__ import annotations

import os
import re

import pyarrow.compute as pc

from core.library.store import Library

_PARTS = re.compile(r"[\\/]+" if os.sep == "\\" else r"/+")


def get_item_names(library: Library) -> dict[str, str]:
    """Name -> id of the items that can be read: each one's id, its path as stored, and as many last parts of that path
    as stand for one item alone (`holiday/1.jpg`, or `1.jpg`), counted from the folder that holds them all."""
    items = library.items()
    items = items.filter(pc.equal(items["status"], "ok"))
    ids, paths = items["id"].to_pylist(), items["path"].to_pylist()
    depth = len(_PARTS.split(os.path.commonpath(paths))) - 1 if paths else 0
    found: dict[str, str | None] = {}
    for item_id, path in zip(ids, paths, strict=True):
        parts = _PARTS.split(path)
        for first in range(min(depth, len(parts) - 1), len(parts)):
            tail = "/".join(parts[first:])
            found[tail] = None if tail in found else item_id  # of several items: it says nothing
    names = {tail: item_id for tail, item_id in found.items() if item_id is not None}
    return names | dict(zip(paths, ids, strict=True)) | {entry: entry for entry in ids}
