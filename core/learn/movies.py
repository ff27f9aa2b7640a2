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

from core.learn.state import Embedding
from core.recommend.interactions import InteractionLog
from core.tables.table_reader import read_table
from core.utils.tables import Redact, csv_text


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

    @property
    def main_genres(self) -> tuple[str | None, ...]:
        """The main genre of each, None if unknown."""
        return tuple(genres[0] if genres else None for genres in self.genres)

    @property
    def genre_names(self) -> tuple[str, ...]:
        """All genres, sorted."""
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
            tuple(self.titles[number] for number in chosen),
            self.years[chosen],
            tuple(self.genres[number] for number in chosen),
        )


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


def embedding_csv(movies: Movies, embedding: Embedding, *, redact: Redact) -> str:
    """An embedding as CSV.

    Parameters
    ----------
    movies : Movies
    embedding : array of float32, shape (movies, d)
    redact : callable
        Hides parts of paths, see `core.policy`.

    Returns
    -------
    str
        With the columns title, year, genres (separated by |), d1, d2, ...
    """
    rows: list[list[object]] = [["title", "year", "genres", *(f"d{at + 1}" for at in range(embedding.shape[1]))]]
    for number, vector in enumerate(embedding):
        weights = (float(f"{value:.6g}") for value in vector)
        year = int(movies.years[number]) or ""
        rows.append([movies.titles[number], year, "|".join(movies.genres[number]), *weights])
    return csv_text(rows, redact=redact)


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
