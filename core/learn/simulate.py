"""Simulated viewers of real movies. Nobody watched anything: what follows from it follows from the rules below."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.learn.movies import Movies, Watched, load_known_movies
from core.recommend.interactions import InteractionLog

_TASTE = 0.35  # of a Dirichlet distribution over main genres: a viewer likes about three of them
_STAYS = 0.8  # how often the next movie is chosen in the same mood (a genre) as the last
_OF_MOOD, _ALSO, _OTHER = 1.0, 0.35, 0.03  # how readily a movie is chosen: its main genre is the mood's, another, none
_DECADES = 18.0  # years around the viewer's favourite one
_ANY_YEAR = 0.25
_CROWDS, _FANCY, _FANCIED = 25, 0.06, 4.0  # groups that share a fancy for some movies, whatever their genre
_NEVER = 1e-30  # how readily what was watched is chosen again
_SOONEST = 1e-12  # of waiting times, so that none is 0
_SKEW = 0.9  # standard deviation of the logarithm of popularity


def simulate(*, viewers: int = 2_000, watched: int = 50, seed: int = 0) -> Watched:
    """Viewers who watch movies in sequence, none twice: `viewers` x `watched` interactions.

    Each has a taste over genres, a favourite time, and a crowd whose fancies it shares. A mood, one of the genres,
    lasts for some movies and changes to another of the taste. Some movies are more popular than others.
    Deterministic given the seed. The learner is told who watched what, in which order, and nothing else.
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
        rebuild = rng.random(viewers) > _STAYS
        mood[rebuild] = _draw(taste[rebuild], rng)
        # the first of exponential waiting times, each at the rate of its weight, is a draw by weight
        waits = rng.standard_exponential((viewers, len(movies)), np.float32) + _SOONEST
        chosen[:, step] = np.argmin(waits / (liking * fits[mood]), axis=1)
        liking[np.arange(viewers), chosen[:, step]] = _NEVER
    return Watched(_log(chosen, movies), movies, "Simulated viewers of real movies", True)


def _genre_match(movies: Movies) -> NDArray[np.float32]:
    """(main genres, movies): how readily a movie is chosen in each mood."""
    moods = sorted({genres[0] for genres in movies.genres})
    weights = [
        [_OF_MOOD if genres[0] == mood else _ALSO if mood in genres else _OTHER for genres in movies.genres]
        for mood in moods
    ]
    return np.array(weights, np.float32)


def _compute_liking(movies: Movies, viewers: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """(viewers, movies): how readily each is chosen in any mood."""
    popularity = rng.lognormal(0.0, _SKEW, len(movies))
    favorite = rng.choice(movies.years, viewers)
    in_subprocess = (movies.years - favorite[:, None]) / _DECADES
    times = _ANY_YEAR + np.exp(-(in_subprocess**2) / 2)
    fancies = np.where(rng.random((_CROWDS, len(movies))) < _FANCY, _FANCIED, 1.0)
    crowd = rng.integers(_CROWDS, size=viewers)
    return (popularity * times * fancies[crowd]).astype(np.float32)


def _draw(cumulated: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    """One number of each row, by its probabilities."""
    return (rng.random((len(cumulated), 1)) > cumulated).sum(axis=1).clip(max=cumulated.shape[1] - 1)


def _log(chosen: NDArray[np.int64], movies: Movies) -> InteractionLog:
    viewers, watched = chosen.shape
    items = chosen.T.ravel()  # in the order of time: everybody's first movie, then everybody's second
    users = np.tile(np.arange(viewers), watched)
    times = np.repeat(np.arange(watched, dtype=np.float64), viewers)
    names = tuple(f"viewer {number + 1}" for number in range(viewers))
    titles = tuple(movies.name(number) for number in range(len(movies)))
    return InteractionLog(users, items, times, np.ones(len(items), np.float32), names, titles)
