"""The list of movies of MovieLens: numbers, titles with their years, genres."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from core.errors import DataError
from core.learn.movies import Movies

Listed = tuple[str, tuple[str, ...]]  # title with the year, genres

_YEAR = re.compile(r"\s*\((\d{4})\)\s*$")
_ARTICLE = re.compile(r"^(.+), (The|A|An|Les?|La|L'|Il|El|Das|Der|Die)$")  # "Matrix, The"
_NO_GENRES = {"", "(no genres listed)", "unknown", "IMAX"}
_FLAGS_AT = 5  # column of u.item where the flags of these begin
_FLAGS = (
    "unknown Action Adventure Animation Children Comedy Crime Documentary Drama Fantasy Film-Noir Horror Musical "
    "Mystery Romance Sci-Fi Thriller War Western"
).split()


def read_list(data: bytes, file: str) -> dict[str, Listed]:
    """Number of a movie -> what the list says of it. file: how it is written (movies.csv, movies.dat or u.item).

    Raises DataError.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")  # the older editions
    lines = text.splitlines()
    if file == "movies.dat":
        rows = [line.split("::") for line in lines]
        return {row[0]: (row[1], _genres(row[2])) for row in rows if len(row) == 3}
    if file == "u.item":
        rows = [line.split("|") for line in lines]
        return {row[0]: (row[1], _flagged(row)) for row in rows if len(row) == _FLAGS_AT + len(_FLAGS)}
    try:
        table = list(csv.DictReader(lines))
        return {
            row["movieId"]: (row["title"] or "", _genres(row.get("genres") or "")) for row in table if row["movieId"]
        }
    except (csv.Error, KeyError) as error:
        raise DataError(f"movies.csv needs the columns movieId, title, genres, as in MovieLens ({error}).") from error


def make_movies(numbers: Sequence[str], listed: Mapping[str, Listed]) -> Movies:
    """The movies of these numbers; one that the list lacks is called "movie NUMBER".

    MovieLens lists genres by the alphabet. The main genre, which comes first here, is the rarest that a movie has:
    "Drama|War" says less by Drama, which half of all movies are.
    """
    of = [listed.get(number, ("", ())) for number in numbers]
    rare = Counter(genre for _, genres in of for genre in genres)
    titles, years, genres = [], [], []
    for number, (title, named) in zip(numbers, of, strict=True):
        found = _YEAR.search(title)
        years.append(int(found[1]) if found else 0)
        titles.append(_ARTICLE.sub(r"\2 \1", _YEAR.sub("", title)) or f"movie {number}")
        genres.append(tuple(sorted(named, key=lambda genre: rare[genre])))
    return Movies(tuple(titles), np.array(years, np.int64), tuple(genres))


def _genres(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(genre.strip() for genre in text.split("|") if genre.strip() not in _NO_GENRES))


def _flagged(row: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        name for name, flag in zip(_FLAGS, row[_FLAGS_AT:], strict=True) if flag == "1" and name not in _NO_GENRES
    )
