"""A finished training of simulated viewers: its map at each epoch, to be seen before one starts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from core.learn.maps import Places
from core.learn.movies import Movies, load_known_movies
from core.learn.state import Epoch

_FILE = Path(__file__).with_name("recorded_movies.npz")
_LARGEST = 32_767  # places are stored as shares of the largest, in 16 bits


@dataclass(frozen=True, eq=False)
class RecordedTraining:
    """The maps of a training.

    Attributes
    ----------
    items : Movies
    maps : list of (n, 2) float32
        Weights of the layer at each epoch, the untrained layer first.
    """

    items: Movies
    maps: list[Places]


@cache
def load_recorded() -> RecordedTraining:
    """The training that the package comes with: `simulate()`, two dimensions, other settings as they are.

    Returns
    -------
    RecordedTraining
    """
    with np.load(_FILE, allow_pickle=False) as stored:
        maps = stored["places"].astype(np.float32) * (stored["largest"] / _LARGEST)
        return RecordedTraining(load_known_movies().subset(stored["movies"]), [*maps])


def record(epochs: list[Epoch], movies: np.ndarray, path: Path = _FILE) -> None:
    """Stores the maps of a training of two dimensions. movies: numbers of those on the map."""
    places = np.stack([epoch.embedding[movies] for epoch in epochs])
    largest = np.float32(np.abs(places).max())
    shares = np.round(places / largest * _LARGEST).astype(np.int16)
    np.savez_compressed(path, places=shares, largest=largest, movies=movies.astype(np.int32))
