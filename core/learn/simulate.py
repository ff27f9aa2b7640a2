"""Simulated viewers of real movies."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.learn.movies import Movies, Watched, load_known_movies
from core.recommend.interactions import InteractionLog

_TASTE = 0.35  # concentration of a Dirichlet distribution over main genres: a viewer likes about three of them
_MOOD_STAYS = 0.8  # probability that the mood (a genre) stays for the next movie
_MAIN, _SECONDARY, _OTHER = 1.0, 0.35, 0.03  # weight of a movie whose main genre, another genre, or none is the mood
_YEARS = 18.0  # standard deviation around the viewer's favorite year
_ANY_YEAR = 0.25
_GROUPS, _PREFERRED, _PREFERENCE = 25, 0.06, 4.0  # groups of viewers; share of movies each prefers; their weight
_NEVER = 1e-30  # weight of movies already watched
_SHORTEST = 1e-12  # added to waiting times, so that none is 0
_SKEW = 0.9  # standard deviation of the logarithm of popularity


def simulate(*, viewers: int = 2_000, watched: int = 50, seed: int = 0) -> Watched:
    """Simulates viewers who watch movies in sequence, none twice. Deterministic given the seed.

    Each viewer has a taste over genres, a favorite year, and belongs to a group with preferred movies. A mood, one of
    the genres, lasts for some movies and then changes within the taste. Movies differ in popularity. The log holds only
    who watched what in which order.

    Parameters
    ----------
    viewers : int
    watched : int
        Movies per viewer.
    seed : int

    Returns
    -------
    Watched
    """
    movies = load_known_movies()
    watched = min(watched, len(movies))
    rng = np.random.default_rng(seed)
    fits = _genre_match(movies)
    taste = np.cumsum(rng.dirichlet(np.full(len(fits), _TASTE), viewers), axis=1)
    liking = _compute_liking(movies, viewers, rng)
    mood = _draw(taste, rng)
    chosen = np.empty((viewers, watched), np.int64)
    for step in range(watched):
        changes = rng.random(viewers) > _MOOD_STAYS
        mood[changes] = _draw(taste[changes], rng)
        # the shortest of exponential waiting times, with weights as rates, is a draw by weight
        waits = rng.standard_exponential((viewers, len(movies)), np.float32) + _SHORTEST
        chosen[:, step] = np.argmin(waits / (liking * fits[mood]), axis=1)
        liking[np.arange(viewers), chosen[:, step]] = _NEVER
    return Watched(_log(chosen, movies), movies, "Simulated viewers of real movies", True)


def _genre_match(movies: Movies) -> NDArray[np.float32]:
    """Weight of each movie in each mood, (main genres, movies)."""
    moods = sorted({genres[0] for genres in movies.genres})
    weights = [
        [_MAIN if genres[0] == mood else _SECONDARY if mood in genres else _OTHER for genres in movies.genres]
        for mood in moods
    ]
    return np.array(weights, np.float32)


def _compute_liking(movies: Movies, viewers: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Weight of each movie for each viewer in any mood, (viewers, movies)."""
    popularity = rng.lognormal(0.0, _SKEW, len(movies))
    favorite = rng.choice(movies.years, viewers)
    distance = (movies.years - favorite[:, None]) / _YEARS
    by_year = _ANY_YEAR + np.exp(-(distance**2) / 2)
    by_group = np.where(rng.random((_GROUPS, len(movies))) < _PREFERRED, _PREFERENCE, 1.0)
    group = rng.integers(_GROUPS, size=viewers)
    return (popularity * by_year * by_group[group]).astype(np.float32)


def _draw(cumulated: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    """A random column of each row by its cumulative probabilities."""
    return (rng.random((len(cumulated), 1)) > cumulated).sum(axis=1).clip(max=cumulated.shape[1] - 1)


def _log(chosen: NDArray[np.int64], movies: Movies) -> InteractionLog:
    viewers, watched = chosen.shape
    items = chosen.T.ravel()  # in temporal order: everybody's first movie, then everybody's second
    users = np.tile(np.arange(viewers), watched)
    times = np.repeat(np.arange(watched, dtype=np.float64), viewers)
    names = tuple(f"viewer {number + 1}" for number in range(viewers))
    titles = tuple(movies.name(number) for number in range(len(movies)))
    return InteractionLog(users, items, times, np.ones(len(items), np.float32), names, titles)
