"""Movies by title, year and genres, and who watched them."""

from __future__ import annotations

import importlib.resources
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.learn.sequences import split
from core.learn.source import Split
from core.learn.state import TrainingSettings
from core.recommend.interactions import InteractionLog
from core.tables.table_reader import read_table


@dataclass(frozen=True, eq=False)
class Movies:
    """n movies.

    Attributes
    ----------
    titles : tuple of str
    years : array of int64, shape (n,)
        0 if unknown.
    genres : tuple of tuple of str
        Genres of each movie, the main genre first; empty if unknown.
    """

    titles: tuple[str, ...]
    years: NDArray[np.int64]
    genres: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.titles)

    noun = "movie"
    group_noun = "genre"

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """The genres."""
        return self.genres

    @property
    def columns(self) -> dict[str, list[object]]:
        """title, year, and genres separated by |."""
        years: list[object] = [int(year) or "" for year in self.years]
        return {"title": [*self.titles], "year": years, "genres": ["|".join(genres) for genres in self.genres]}

    def name(self, number: int) -> str:
        """Title (year), or the title alone."""
        year = int(self.years[number])
        return f"{self.titles[number]} ({year})" if year else self.titles[number]

    def subset(self, numbers: Sequence[int] | NDArray[np.int64]) -> Movies:
        """The movies of these numbers, in their order."""
        chosen = [int(number) for number in numbers]
        return Movies(
            tuple(self.titles[number] for number in chosen),
            self.years[chosen],
            tuple(self.genres[number] for number in chosen),
        )

    def features(self, settings: TrainingSettings) -> tuple[tuple[str, ...], NDArray[np.float32]]:
        """Names of the joined features and their values (movies, f).

        A genre is 1 for its movies. The year is in standard deviations from the mean, 0 if unknown.
        """
        names: list[str] = []
        columns: list[NDArray[np.float32]] = []
        if settings.genres:
            names += sorted({genre for genres in self.genres for genre in genres})
            columns += [np.array([name in genres for genres in self.genres], np.float32) for name in names]
        known = self.years > 0
        if settings.year and known.any():
            years = self.years[known]
            value = np.where(known, (self.years - years.mean()) / max(float(years.std()), 1.0), 0.0)
            names.append("year")
            columns.append(value.astype(np.float32))
        return tuple(names), np.stack(columns, axis=1) if columns else np.empty((len(self), 0), np.float32)


@dataclass(frozen=True, eq=False)
class Watched:
    """Who watched what.

    Attributes
    ----------
    log : InteractionLog
        Item i is movie i.
    movies : Movies
    source : str
        Title of the source.
    simulated : bool
        Whether the viewers are simulated.
    notes : tuple of str
        Sentences about what was left out.
    """

    log: InteractionLog
    movies: Movies
    source: str
    simulated: bool = False
    notes: tuple[str, ...] = ()

    @property
    def items(self) -> Movies:
        """The movies."""
        return self.movies

    def split(self, *, seed: int = 0) -> Split:
        """What was watched before, and what next; the last movies are held out, see `core.learn.sequences`."""
        return split(self.log, seed=seed)


@lru_cache(maxsize=1)
def load_known_movies() -> Movies:
    """About 500 well-known movies of 1930 to 2023 with one to four of MovieLens' genres each, from general knowledge.

    The eleven main genres are about equally frequent.
    """
    file = importlib.resources.files("core.learn").joinpath("movies.csv")
    table = read_table(file.read_bytes())
    titles, years, genres = (table.texts(name) for name in ("title", "year", "genres"))
    return Movies(
        tuple(titles), np.array([int(year) for year in years]), tuple(tuple(row.split("|")) for row in genres)
    )


Listed = tuple[str, tuple[str, ...]]  # title with year, genres

_YEAR = re.compile(r"\s*\((\d{4})\)\s*$")
_ARTICLE = re.compile(r"^(.+), (The|A|An|Les?|La|L'|Il|El|Das|Der|Die)$")  # "Matrix, The"
_NO_GENRES = {"", "(no genres listed)", "unknown", "IMAX"}
_FLAGS_AT = 5  # first column of u.item with a flag of these
_FLAGS = (
    "unknown Action Adventure Animation Children Comedy Crime Documentary Drama Fantasy Film-Noir Horror Musical "
    "Mystery Romance Sci-Fi Thriller War Western"
).split()


def read_list(data: bytes, file: str) -> dict[str, Listed]:
    """Titles and genres by movie number. file: the format (movies.csv, movies.dat or u.item). Raises DataError."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")  # the older editions
    if file == "movies.dat":
        rows = [line.split("::") for line in text.splitlines()]
        return {row[0]: (row[1], _genres(row[2])) for row in rows if len(row) == 3}
    if file == "u.item":
        rows = [line.split("|") for line in text.splitlines()]
        return {row[0]: (row[1], _flagged(row)) for row in rows if len(row) == _FLAGS_AT + len(_FLAGS)}
    table = read_table(text.encode(), name="movies.csv")
    numbers, titles = (table.texts(column) for column in table.require("movieId", "title"))
    column = table.find("genres")
    genres = table.texts(column) if column else [""] * len(numbers)
    listed = zip(numbers, titles, map(_genres, genres), strict=True)
    return {number: (title, named) for number, title, named in listed if number}


def make_movies(numbers: Sequence[str], listed: Mapping[str, Listed]) -> Movies:
    """Movies with these numbers; unlisted ones are called "movie NUMBER".

    MovieLens sorts genres by name. Here the main genre is the rarest one of a movie: half of all movies are dramas, so
    "War" says more about "Drama|War".
    """
    entries = [listed.get(number, ("", ())) for number in numbers]
    frequency = Counter(genre for _, genres in entries for genre in genres)
    titles, years, genres = [], [], []
    for number, (title, own_genres) in zip(numbers, entries, strict=True):
        year = _YEAR.search(title)
        years.append(int(year[1]) if year else 0)
        titles.append(_ARTICLE.sub(r"\2 \1", _YEAR.sub("", title)) or f"movie {number}")
        genres.append(tuple(sorted(own_genres, key=lambda genre: frequency[genre])))
    return Movies(tuple(titles), np.array(years, np.int64), tuple(genres))


def _genres(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(genre.strip() for genre in text.split("|") if genre.strip() not in _NO_GENRES))


def _flagged(row: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        name for name, flag in zip(_FLAGS, row[_FLAGS_AT:], strict=True) if flag == "1" and name not in _NO_GENRES
    )
