"""The order in which hits are shown: by their match, or by date, name or size among the certain ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

from core.library import Item

Order = Literal["match", "date", "name", "size"]


class Sortable(Protocol):
    """A hit of any kind."""

    @property
    def item(self) -> Item: ...

    @property
    def is_certain(self) -> bool: ...


H = TypeVar("H", bound=Sortable)


def sort_hits(hits: Sequence[H], order: Order) -> list[H]:
    """Hits in another order, in which the line where doubt begins stays where it is.

    Parameters
    ----------
    hits : sequence of Hit or VideoHit
        Best first.
    order : {"match", "date", "name", "size"}
        "match": as they are. "date": newest first, by the day of the photo or, where that is unknown, of its file.
        "name": of the file, from A to Z. "size": of the file, largest first.

    Returns
    -------
    list of Hit or VideoHit
        The certain ones in that order, then the others by their match. Where none is certain, as they are.
    """
    if order == "match":
        return list(hits)
    key = _KEYS[order]
    certain = sorted((hit for hit in hits if hit.is_certain), key=lambda hit: key(hit.item), reverse=order != "name")
    return [*certain, *(hit for hit in hits if not hit.is_certain)]


_KEYS: dict[Order, Callable[[Item], Any]] = {
    "date": lambda item: item.date,
    "name": lambda item: (Path(item.path).name.casefold(), item.path),
    "size": lambda item: item.bytes,
}
