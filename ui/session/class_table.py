"""The classes that a visitor typed, for Classify and the Lab."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.classify.zero_shot import ClassName


@dataclass(slots=True)
class ClassTableState:
    """rows: what the table started with. classes: with the visitor's edits. turn: grows with each new table.

    is_linked: whether the classes of the link were taken over.
    """

    rows: list[ClassName] = field(default_factory=list)
    classes: list[ClassName] = field(default_factory=list)
    turn: int = 0
    is_linked: bool = False
