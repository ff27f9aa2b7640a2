"""Stretches of a file that are written over in a copy of it."""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from typing import BinaryIO, NamedTuple

from core.media.places.unsure import Unsure

_PIECE = 1_000_000  # bytes in memory at a time


class Edit(NamedTuple):
    """start, end: in bytes of the file. data: what comes in their place, of any length; None for as many zeros."""

    start: int
    end: int
    data: bytes | None


def check_edits(edits: Sequence[Edit], size: int) -> list[Edit]:
    """In their order, within a file of `size` bytes. Raises Unsure if some overlap."""
    inside = (Edit(edit.start, min(edit.end, size), edit.data) for edit in edits if edit.start < size)
    ordered = sorted(inside, key=lambda edit: edit[:2])
    if any(after.start < before.end for before, after in itertools.pairwise(ordered)):
        raise Unsure("It is damaged")
    return [edit for edit in ordered if edit.end > edit.start]


def write_edited(file: BinaryIO, edits: Sequence[Edit], target: BinaryIO) -> None:
    """Copies a file with its edits, piece by piece. edits: as `check_edits` returns them."""
    at = 0
    for edit in (*edits, Edit(file.seek(0, os.SEEK_END), 0, b"")):
        file.seek(at)
        while at < edit.start and (piece := file.read(min(_PIECE, edit.start - at))):
            target.write(piece)
            at += len(piece)
        if edit.data is not None:
            target.write(edit.data)
        else:
            for begin in range(edit.start, edit.end, _PIECE):
                target.write(bytes(min(_PIECE, edit.end - begin)))
        at = edit.end
