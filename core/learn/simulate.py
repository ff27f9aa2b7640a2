"""Simulated viewers of real movies, by the rules below."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.learn.movies import Movies, Watched, load_known_movies
from core.recommend.interactions import InteractionLog

_TASTE = 0.35  # of a Dirichlet distribution over main genres: a viewer likes about three of them
_STAYS = 0.8  # probability that the mood (a genre) stays for the next movie
_OF_MOOD, _ALSO, _OTHER = 1.0, 0.35, 0.03  # weight of a movie whose main genre, another genre, or none is the mood
_DECADES = 18.0  # years around the viewer's favorite year
_ANY_YEAR = 0.25
_CROWDS, _FANCY, _FANCIED = 25, 0.06, 4.0  # groups of viewers; share of movies each prefers; weight of these
_NEVER = 1e-30  # weight of movies already watched
_SOONEST = 1e-12  # added to waiting times, so that none is 0
_SKEW = 0.9  # standard deviation of the logarithm of popularity


def simulate(*, viewers: int = 2_000, watched: int = 50, seed: int = 0) -> Watched:
    """Simulates viewers who watch movies in sequence, none twice: `viewers` x `watched` interactions.

    Each viewer has a taste over genres, a favorite year, and belongs to a group with preferred movies. A mood, one of
    the genres, lasts for some movies and then changes within the taste. Movies differ in popularity. Deterministic
    given the seed. The log holds only who watched what in which order.
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
        changes = rng.random(viewers) > _STAYS
        mood[changes] = _draw(taste[changes], rng)
        # the shortest of exponential waiting times with these weights as rates is a draw by weight
        waits = rng.standard_exponential((viewers, len(movies)), np.float32) + _SOONEST
        chosen[:, step] = np.argmin(waits / (liking * fits[mood]), axis=1)
        liking[np.arange(viewers), chosen[:, step]] = _NEVER
    return Watched(_log(chosen, movies), movies, "Simulated viewers of real movies", True)


def _genre_match(movies: Movies) -> NDArray[np.float32]:
    """(main genres, movies): the weight of a movie in each mood."""
    moods = sorted({genres[0] for genres in movies.genres})
    weights = [
        [_OF_MOOD if genres[0] == mood else _ALSO if mood in genres else _OTHER for genres in movies.genres]
        for mood in moods
    ]
    return np.array(weights, np.float32)


def _compute_liking(movies: Movies, viewers: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """(viewers, movies): the weight of each in any mood."""
    popularity = rng.lognormal(0.0, _SKEW, len(movies))
    favorite = rng.choice(movies.years, viewers)
    decades = (movies.years - favorite[:, None]) / _DECADES
    times = _ANY_YEAR + np.exp(-(decades**2) / 2)
    fancies = np.where(rng.random((_CROWDS, len(movies))) < _FANCY, _FANCIED, 1.0)
    crowd = rng.integers(_CROWDS, size=viewers)
    return (popularity * times * fancies[crowd]).astype(np.float32)


def _draw(cumulated: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    """A random column of each row, by its cumulated probabilities."""
    return (rng.random((len(cumulated), 1)) > cumulated).sum(axis=1).clip(max=cumulated.shape[1] - 1)


def _log(chosen: NDArray[np.int64], movies: Movies) -> InteractionLog:
    viewers, watched = chosen.shape
    items = chosen.T.ravel()  # in the order of time: everybody's first movie, then everybody's second
    users = np.tile(np.arange(viewers), watched)
    times = np.repeat(np.arange(watched, dtype=np.float64), viewers)
    names = tuple(f"viewer {number + 1}" for number in range(viewers))
    titles = tuple(movies.name(number) for number in range(len(movies)))
    return InteractionLog(users, items, times, np.ones(len(items), np.float32), names, titles)
