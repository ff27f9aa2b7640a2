"""Which photos have which things, by what several people wrote about each."""

from __future__ import annotations

import importlib.resources
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.tables.table_reader import read_table

_ENOUGH = 2  # captions that name a thing: one alone may be about a detail, or wrong


@dataclass(frozen=True, slots=True)
class CaptionedThings:
    """Things, and the photos that have them.

    Attributes
    ----------
    names : tuple of str
        Names of the things.
    present : ndarray of bool, shape (things, photos)
        At least two captions of the photo name the thing.
    absent : ndarray of bool, shape (things, photos)
        No caption does. A photo of which one caption names it is neither.
    """

    names: tuple[str, ...]
    present: NDArray[np.bool_]
    absent: NDArray[np.bool_]

    def imply(self, one: int, other: int, share: float) -> bool:
        """Whether at least this share of the photos of one of both things have the other too."""
        both = (self.present[one] & self.present[other]).sum()
        return bool(both >= share * min(self.present[one].sum(), self.present[other].sum()))


def read_things(path: Path | None = None) -> dict[str, tuple[str, ...]]:
    """Reads the words that name each thing.

    Parameters
    ----------
    path : Path, optional
        Table with the columns thing, words; words are separated by |. Default: people, animals, places, objects and
        doings that photos of everyday life show.

    Returns
    -------
    dict of str to tuple of str
        Words by the name of the thing.

    Raises
    ------
    DataError
        The table cannot be read, or lacks a column.
    """
    if path is None:
        with importlib.resources.as_file(importlib.resources.files(__package__).joinpath("things.csv")) as own:
            return read_things(own)
    table = read_table(path)
    names, words = (table.texts(column) for column in table.require("thing", "words"))
    return {name: tuple(row.lower().split("|")) for name, row in zip(names, words, strict=True) if name and row}


def find_things(
    captions: Iterable[Sequence[str]], things: Mapping[str, Sequence[str]], *, enough: int = _ENOUGH
) -> CaptionedThings:
    """Finds the things that the captions of each photo name.

    Parameters
    ----------
    captions : iterable of sequence of str
        The captions of each photo.
    things : mapping of str to sequence of str
        See `read_things`; a name may be of several words.
    enough : int
        Captions that must name a thing for the photo to have it; 1 where photos have one each.

    Returns
    -------
    CaptionedThings
    """
    photos = [[_space(caption) for caption in own] for own in captions]
    named = np.array(
        [
            [sum(any(name in caption for name in spaced) for caption in own) for own in photos]
            for spaced in ([_space(name) for name in names] for names in things.values())
        ]
    ).reshape(len(things), len(photos))
    return CaptionedThings(tuple(things), named >= enough, named == 0)


def _space(text: str) -> str:
    """The words of a text, in lower case, with single spaces around them."""
    words = " ".join(re.findall(r"\w+", text.lower()))
    return f" {words} "
