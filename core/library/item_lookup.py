"""Finds items by what names them in a log, a table or on the command line."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.compute as pc

from core.library.public.keyed_ids import unseal
from core.library.schema import Item
from core.library.store import Library
from core.media.kinds import is_media_path
from core.media.modalities import join_titles
from core.utils.files import expand_user, to_absolute
from core.utils.path_matching import PathMatcher, find_file


class ItemNames(Mapping[str, str]):
    """Name -> id of items. An item's names are its id, as `seal` gives it, its path, and those last parts of the path
    that no other item has (`holiday/1.jpg`, or `1.jpg`), with slashes or backslashes and in any Unicode form. Iterates
    over the paths.

    ids, paths: (n,) of the items.
    """

    def __init__(self, ids: Sequence[str], paths: Sequence[str]) -> None:
        self._ids, self._paths = ids, paths
        self._known = frozenset(ids)
        self._matcher = PathMatcher(paths)

    def __getitem__(self, name: str) -> str:
        if (item_id := unseal(name)) in self._known:
            return item_id
        number = self._matcher.find(name)
        if number is None:
            raise KeyError(name)
        return self._ids[number]

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


def get_item_names(library: Library) -> ItemNames:
    """The names of the items that can be read."""
    items = library.items()
    items = items.filter(pc.equal(items["status"], "ok"))
    return ItemNames(items["id"].to_pylist(), items["path"].to_pylist())


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
        self.root, self.new, self.items = root, new, items
        self.by_path = PathMatcher([item.path for item in items])
        self.by_content = {item.content_hash: item for item in items if item.content_hash}

    def find(self, path: str, content_hash: str | None = None) -> Match:
        """content_hash: of the file, as `Item.content_hash`, if known."""
        try:
            whole = os.path.abspath(to_absolute(self.root) / expand_user(path))
            whole.encode()
        except (ValueError, UnicodeEncodeError):
            return Match(reason="This is no path of a file.")
        item = self._get(whole) or self.by_content.get(content_hash or "") or self._by_end(path)
        if item is not None:
            if content_hash and item.content_hash and content_hash != item.content_hash:
                return Match(reason="The file has changed since this vector was made.")
            return Match(item)
        if not self.new:
            return Match(reason="Not in the library.")
        if not is_media_path(whole, texts=True):
            return Match(reason=f"Neither in the library nor a {join_titles('or')} by its name.")
        whole = os.path.abspath(find_file(to_absolute(self.root), expand_user(path)))
        if not os.path.isfile(whole):
            return Match(reason="Neither in the library nor a file of this computer.")
        return Match(file=whole)

    def _by_end(self, path: str) -> Item | None:
        return None if os.path.isabs(path) or ".." in path.replace("\\", "/").split("/") else self._get(path)

    def _get(self, path: str) -> Item | None:
        number = self.by_path.find(path)
        return None if number is None else self.items[number]
