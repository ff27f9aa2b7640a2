"""Finds items by what names them in a log, a table or on the command line."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pyarrow.compute as pc

from core.library.schema import Item
from core.library.store import Library
from core.media.kinds import is_media_path
from core.media.modalities import join_titles
from core.utils.files import to_absolute

_PARTS = re.compile(r"[\\/]+" if os.sep == "\\" else r"/+")


def get_item_names(library: Library) -> dict[str, str]:
    """Name -> id of the items that can be read. An item's names are its id, its path as stored, and those last parts of
    the path that no other item has (`holiday/1.jpg`, or `1.jpg`), from below the folder that contains all items."""
    items = library.items()
    items = items.filter(pc.equal(items["status"], "ok"))
    ids, paths = items["id"].to_pylist(), items["path"].to_pylist()
    depth = len(_PARTS.split(os.path.commonpath(paths))) - 1 if paths else 0
    found: dict[str, str | None] = {}
    for item_id, path in zip(ids, paths, strict=True):
        parts = _PARTS.split(path)
        for first in range(min(depth, len(parts) - 1), len(parts)):
            tail = "/".join(parts[first:])
            found[tail] = None if tail in found else item_id  # None: several items have it
    names = {tail: item_id for tail, item_id in found.items() if item_id is not None}
    return names | dict(zip(paths, ids, strict=True)) | {entry: entry for entry in ids}


@dataclass(frozen=True, slots=True)
class Match:
    """What a path of a table refers to: an item, a file to add, or neither for a reason."""

    item: Item | None = None
    file: str | None = None
    reason: str | None = None


class Matcher:
    """Finds items by path, then by content, then by the end of their paths if only one item has it.

    root: the folder that relative paths start from. new: whether files outside the library match too.
    """

    def __init__(self, items: Sequence[Item], root: Path, *, new: bool) -> None:
        self.root, self.new = root, new
        self.by_path = {item.path: item for item in items}
        self.by_content = {item.content_hash: item for item in items if item.content_hash}
        self.by_name: dict[str, list[Item]] = {}
        for item in items:
            self.by_name.setdefault(PurePosixPath(item.path).name, []).append(item)

    def find(self, path: str, content_hash: str | None = None) -> Match:
        """content_hash: of the file, as `Item.content_hash`, if known."""
        try:
            written = os.path.expanduser(path)
            whole = written if os.path.isabs(written) else str(to_absolute(self.root / written))
            whole = os.path.abspath(whole)
            whole.encode()
        except (ValueError, UnicodeEncodeError):
            return Match(reason="This is no path of a file.")
        item = self.by_path.get(whole) or self.by_content.get(content_hash or "") or self._by_end(path)
        if item is not None:
            if content_hash and item.content_hash and content_hash != item.content_hash:
                return Match(reason="The file has changed since this vector was made.")
            return Match(item)
        if not self.new:
            return Match(reason="Not in the library.")
        if not is_media_path(whole):
            return Match(reason=f"Neither in the library nor a {join_titles('or')} by its name.")
        if not os.path.isfile(whole):
            return Match(reason="Neither in the library nor a file of this computer.")
        return Match(file=whole)

    def _by_end(self, path: str) -> Item | None:
        parts = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".")]
        if not parts or ".." in parts or os.path.isabs(path):
            return None
        end = "/" + "/".join(parts)
        found = [item for item in self.by_name.get(parts[-1], []) if item.path.endswith(end)]
        return found[0] if len(found) == 1 else None
