"""Likes and dislikes of a visit, as a file to import again or to read as a log."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from core.errors import DataError
from core.library.public.keyed_ids import seal
from core.tables.table_reader import FILES, NO_LIMITS, TableLimits, read_table
from core.utils.tables import Redact, csv_text, escape_cell

Reaction = Literal["like", "dislike"]

_BEFORE_VALUES = (b"{", b"[", b",", b":")  # one of them is before each value of JSON
_VALUE_BYTES = 64  # that an empty list takes in memory


@dataclass(slots=True)
class Feedback:
    """Feedback of a visit, in the order of time.

    Attributes
    ----------
    liked, disliked : dict of str to float
        Seconds since 1970 by item id; no item is in both.
    seen : dict of str to None
        Ids of skipped items.
    """

    liked: dict[str, float] = field(default_factory=dict)
    disliked: dict[str, float] = field(default_factory=dict)
    seen: dict[str, None] = field(default_factory=dict)

    def get_reaction(self, item_id: str) -> Reaction | None:
        """The reaction to an item."""
        return "like" if item_id in self.liked else "dislike" if item_id in self.disliked else None

    def set_reaction(self, item_id: str, what: Reaction | None, *, at: float | None = None) -> None:
        """Replaces the reaction to an item; None removes it. at: seconds since 1970, default now."""
        self.liked.pop(item_id, None)
        self.disliked.pop(item_id, None)
        if what is not None:
            (self.liked if what == "like" else self.disliked)[item_id] = time.time() if at is None else at

    def add(self, rest: Feedback) -> None:
        """Adds other feedback, which takes precedence."""
        for item_id, at in rest.liked.items():
            self.set_reaction(item_id, "like", at=at)
        for item_id, at in rest.disliked.items():
            self.set_reaction(item_id, "dislike", at=at)
        self.seen |= rest.seen


def feedback_json(feedback: Feedback, paths: Mapping[str, str], *, redact: Redact = str) -> bytes:
    """Feedback as a file for `read_feedback`.

    Parameters
    ----------
    feedback : Feedback
    paths : mapping of str to str
        Paths by item id, by which another library finds the items.
    redact : callable, optional
        How paths are written; by default whole.

    Returns
    -------
    bytes
        JSON.
    """

    def named(ids: Mapping[str, float]) -> list[dict[str, Any]]:
        return [
            {"id": seal(item_id), "path": redact(paths.get(item_id, "")), "time": round(at, 3)}
            for item_id, at in ids.items()
        ]

    content = {
        "liked": named(feedback.liked),
        "disliked": named(feedback.disliked),
        "seen": list(map(seal, feedback.seen)),
    }
    return json.dumps(content, indent=1).encode()


def likes_csv(feedback: Feedback, paths: Mapping[str, str], *, redact: Redact, user: str = "me") -> bytes:
    """Likes as a log of one user, for `read_log`.

    An item is named by its path, or by its id if `redact` or `escape_cell` would change the path.

    Parameters
    ----------
    feedback : Feedback
    paths : mapping of str to str
        Paths by item id.
    redact : callable
        Hides parts of paths, see `core.policy`.
    user : str

    Returns
    -------
    bytes
        CSV with the columns user, item, time and weight.
    """
    rows: list[tuple[object, ...]] = [("user", "item", "time", "weight")]
    for item_id, at in feedback.liked.items():
        path = paths.get(item_id, item_id)
        is_plain = path.isprintable() and escape_cell(path, redact=redact) == path
        rows.append((user, path if is_plain else seal(item_id), f"{at:.3f}", 1))
    return csv_text(rows, redact=redact).encode()


def read_feedback(
    data: bytes, names: Mapping[str, str], *, limits: TableLimits = NO_LIMITS
) -> tuple[Feedback, tuple[str, ...]]:
    """Reads a file of `feedback_json` or `likes_csv`.

    Parameters
    ----------
    data : bytes
    names : mapping of str to str
        Item ids by name, see `core.library.item_lookup.get_item_names`.
    limits : TableLimits
        How large the file may be.

    Returns
    -------
    feedback : Feedback
        All items of a table are likes.
    unknown : tuple of str
        Names that the library does not have.

    Raises
    ------
    DataError
        It is another kind of file, or the library has none of the items.
    """
    if len(data) > limits.file_bytes:
        raise DataError(f"The file is larger than {limits.file_bytes / 1e6:,.0f} MB: is it another file?")
    try:
        rows = _json_rows(data, limits) if _is_export(data) else _table_rows(data, limits)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, DataError) as error:
        raise DataError(
            "The file has no likes: choose one that was exported here, or a CSV with the column item."
        ) from error
    feedback, unknown = Feedback(), []
    for kind, candidates, at in rows:
        item_id = next((names[name] for name in candidates if name in names), None)
        if item_id is None:
            unknown.append(next((name for name in reversed(candidates) if name), "?"))
        elif kind == "seen":
            feedback.seen[item_id] = None
        else:
            feedback.set_reaction(item_id, "like" if kind == "liked" else "dislike", at=at)
    if rows and not (feedback.liked or feedback.disliked or feedback.seen):
        raise DataError("None of the items in the file is in this library: was it exported from another one?")
    return feedback, tuple(unknown)


Row = tuple[str, tuple[str, ...], float]  # liked, disliked or seen; possible names of the item; time


def _is_export(data: bytes) -> bool:
    return data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and (b'"liked"' in data or b'"disliked"' in data)


def _json_rows(data: bytes, limits: TableLimits) -> list[Row]:
    if sum(map(data.count, _BEFORE_VALUES)) * _VALUE_BYTES > limits.unpacked_bytes:
        raise ValueError("more values than likes have")
    content = json.loads(data.decode("utf-8-sig"))
    rows: list[Row] = [
        (kind, (str(entry["id"]), str(entry.get("path", ""))), float(entry.get("time", 0.0)))
        for kind in ("liked", "disliked")
        for entry in content.get(kind, [])
    ]
    return rows + [("seen", (str(entry),), 0.0) for entry in content.get("seen", [])]


def _table_rows(data: bytes, limits: TableLimits) -> list[Row]:
    table = read_table(data, limits=limits)
    column = table.find("item", *FILES)
    if column is None:
        raise ValueError("no items")
    return [("liked", (name,), float(number)) for number, name in enumerate(table.texts(column)) if name]
