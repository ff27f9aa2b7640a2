"""Movies by title, year and genres, and who watched which of them."""

from __future__ import annotations

import csv
import importlib.resources
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.recommend.interactions import InteractionLog


@dataclass(frozen=True, eq=False)
class Movies:
    """n movies. years: (n,), 0 where it is not known. genres: of each its main genre first; none where not known."""

    titles: tuple[str, ...]
    years: NDArray[np.int64]
    genres: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.titles)

    @property
    def main_genres(self) -> tuple[str | None, ...]:
        """The main genre of each, None where it is not known."""
        return tuple(genres[0] if genres else None for genres in self.genres)

    @property
    def genre_names(self) -> tuple[str, ...]:
        """Every genre that a movie has, by the alphabet."""
        return tuple(sorted({genre for genres in self.genres for genre in genres}))

    def name(self, number: int) -> str:
        """Title (year), or the title alone."""
        year = int(self.years[number])
        return f"{self.titles[number]} ({year})" if year else self.titles[number]

    def shared_genres(self, one: int, other: int) -> tuple[str, ...]:
        """The genres that two movies both have."""
        return tuple(genre for genre in self.genres[one] if genre in self.genres[other])

    def subset(self, numbers: Sequence[int] | NDArray[np.int64]) -> Movies:
        """The movies of these numbers, in their order."""
        chosen = [int(number) for number in numbers]
        return Movies(
            tuple(self.titles[entry] for entry in chosen),
            self.years[chosen],
            tuple(self.genres[entry] for entry in chosen),
        )


@dataclass(frozen=True, eq=False)
class Watched:
    """Who watched what. Item i of the log is movie i.

    source: where it comes from, in words. simulated: nobody watched anything. notes: sentences about what was left out.
    """

    log: InteractionLog
    movies: Movies
    source: str
    simulated: bool = False
    notes: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def load_known_movies() -> Movies:
    """About 500 well-known movies of 1930 to 2023 with one to four genres each, in the words of MovieLens; eleven main
    genres, about equally often. From general knowledge."""
    file = importlib.resources.files("core.learn").joinpath("movies.csv")
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    years = np.array([int(row["year"]) for row in rows])
    return Movies(tuple(row["title"] for row in rows), years, tuple(tuple(row["genres"].split("|")) for row in rows))
