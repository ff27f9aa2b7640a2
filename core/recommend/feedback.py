"""Likes and dislikes of one visit, as a file that can be imported again or read as a log."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from core.errors import DataError
from core.utils.table_reader import FILES, Limits, read_table
from core.utils.tables import Redact, csv_text, escape_cell

Reaction = Literal["like", "dislike"]

_LIMITS = Limits(file_bytes=50_000_000, unpacked_bytes=500_000_000, table_rows=1_000_000)


@dataclass(slots=True)
class Feedback:
    """Feedback of a visit. liked, disliked: item id -> time (seconds since 1970), in the order of time; no item is in
    both. seen: ids of items that were skipped, in the order of time."""

    liked: dict[str, float] = field(default_factory=dict)
    disliked: dict[str, float] = field(default_factory=dict)
    seen: dict[str, None] = field(default_factory=dict)

    def get_reaction(self, item_id: str) -> Reaction | None:
        """The reaction to an item."""
        return "like" if item_id in self.liked else "dislike" if item_id in self.disliked else None

    def set_reaction(self, item_id: str, what: Reaction | None) -> None:
        """Replaces the reaction to an item; None removes it."""
        self.liked.pop(item_id, None)
        self.disliked.pop(item_id, None)
        if what is not None:
            (self.liked if what == "like" else self.disliked)[item_id] = time.time()

    def add(self, rest: Feedback) -> None:
        """Adds other feedback, which takes precedence."""
        for what, ids in (("like", rest.liked), ("dislike", rest.disliked)):
            for item_id, at in ids.items():
                self.set_reaction(item_id, None)
                (self.liked if what == "like" else self.disliked)[item_id] = at
        self.seen |= rest.seen


def feedback_json(feedback: Feedback, paths: Mapping[str, str]) -> bytes:
    """A file for `read_feedback`. paths: of the items, by id; another library finds the items by them."""

    def named(ids: Mapping[str, float]) -> list[dict[str, Any]]:
        return [{"id": entry, "path": paths.get(entry, ""), "time": round(at, 3)} for entry, at in ids.items()]

    content = {"liked": named(feedback.liked), "disliked": named(feedback.disliked), "seen": list(feedback.seen)}
    return json.dumps(content, indent=1).encode()


def likes_csv(feedback: Feedback, paths: Mapping[str, str], *, redact: Redact, user: str = "me") -> bytes:
    """The likes as a log of one user, with the columns user, item, time and weight; see
    `core.recommend.log_reader.read_log`.

    An item is named by its path, or by its id where `redact` or `escape_cell` would change the path.
    """
    rows: list[tuple[object, ...]] = [("user", "item", "time", "weight")]
    for entry, at in feedback.liked.items():
        path = paths.get(entry, entry)
        plain = path.isprintable() and escape_cell(path, redact=redact) == path
        rows.append((user, path if plain else entry, f"{at:.3f}", 1))
    return csv_text(rows, redact=redact).encode()


def read_feedback(data: bytes, names: Mapping[str, str]) -> tuple[Feedback, tuple[str, ...]]:
    """The feedback of a file by `feedback_json` or `likes_csv`, and the names in it that the library does not have.

    names: name -> id, see `core.library.item_lookup.get_item_names`. All items of a CSV are likes. Raises DataError for
    another file, or if the library has none of the items.
    """
    if len(data) > _LIMITS.file_bytes:
        raise DataError(f"The file is larger than {_LIMITS.file_bytes / 1e6:.0f} MB: likes take far less.")
    try:
        rows = _json_rows(data) if _is_export(data) else _table_rows(data)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, DataError) as error:
        raise DataError(
            "The file holds no likes: bring one that was exported here, or a CSV with the column item."
        ) from error
    found, unknown = Feedback(), []
    for kind, candidates, at in rows:
        item_id = next((names[name] for name in candidates if name in names), None)
        if item_id is None:
            unknown.append(next((name for name in reversed(candidates) if name), "?"))
        elif kind == "seen":
            found.seen[item_id] = None
        else:
            found.set_reaction(item_id, None)
            (found.liked if kind == "liked" else found.disliked)[item_id] = at
    if rows and not (found.liked or found.disliked or found.seen):
        raise DataError("Not one item of the file is in this library: was it exported from another one?")
    return found, tuple(unknown)


Row = tuple[str, tuple[str, ...], float]  # liked, disliked or seen; possible names of the item; time


def _is_export(data: bytes) -> bool:
    return data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and (b'"liked"' in data or b'"disliked"' in data)


def _json_rows(data: bytes) -> list[Row]:
    content = json.loads(data.decode("utf-8-sig"))
    rows: list[Row] = [
        (kind, (str(entry["id"]), str(entry.get("path", ""))), float(entry.get("time", 0.0)))
        for kind in ("liked", "disliked")
        for entry in content.get(kind, [])
    ]
    return rows + [("seen", (str(entry),), 0.0) for entry in content.get("seen", [])]


def _table_rows(data: bytes) -> list[Row]:
    table = read_table(data, limits=_LIMITS)
    column = table.find("item", *FILES)
    if column is None:
        raise ValueError("no items")
    return [("liked", (name,), float(place)) for place, name in enumerate(table.texts(column)) if name]
