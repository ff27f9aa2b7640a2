"""Input nodes of the network: one per movie, and optional features of movies."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.learn.movies import Movies
from core.learn.state import Embedding, TrainingSettings

Edge = tuple[str, float, NDArray[np.float32]]


def join_features(movies: Movies, settings: TrainingSettings) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """Names of the joined features and their values (movies, f).

    A genre is 1 for its movies. The year is in standard deviations from the mean, 0 if unknown.
    """
    names: list[str] = []
    columns: list[NDArray[np.float32]] = []
    if settings.genres:
        names += movies.genre_names
        columns += [np.array([name in genre for genre in movies.genres], np.float32) for name in movies.genre_names]
    known = movies.years > 0
    if settings.year and known.any():
        years = movies.years[known]
        value = np.where(known, (movies.years - years.mean()) / max(float(years.std()), 1.0), 0.0)
        names.append("year")
        columns.append(value.astype(np.float32))
    return tuple(names), np.stack(columns, axis=1) if columns else np.empty((len(movies), 0), np.float32)


def get_edges(
    movies: Movies, movie: int, names: tuple[str, ...], values: NDArray[np.float32], own: Embedding, shared: Embedding
) -> list[Edge]:
    """The active input nodes of a movie: name, value, and weights of its d edges.

    The sum of weights times values is the embedding of the movie. names, values: see `join_features`. own: (movies, d)
    and shared: (f, d) weights of the edges.
    """
    features = [
        (name, float(value), shared[number].copy())
        for number, (name, value) in enumerate(zip(names, values[movie], strict=True))
        if value
    ]
    return [(movies.name(movie), 1.0, own[movie].copy()), *features]
