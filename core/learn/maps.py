"""Maps of the embeddings of epochs in two or three dimensions, in which points move smoothly; and those of a training
that is recorded, so that there is something to see before one starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.learn.movies import Movies, load_known_movies
from core.learn.state import Embedding, Epoch
from core.vectors.pca import principal_components, project_onto

Places = NDArray[np.float32]

_FILE = Path(__file__).with_name("recorded_movies.npz")
_LARGEST = 32_767  # places are stored as shares of the largest, in 16 bits


def compute_map(embedding: Embedding, *, before: Places | None = None) -> Places:
    """Positions of items on a map.

    Up to three dimensions, they are the embedding itself; with more, its first two principal components.

    Parameters
    ----------
    embedding : array of float32, shape (items, d)
    before : array of float32, shape (items, 2), optional
        An earlier map, onto which this one is rotated.

    Returns
    -------
    array of float32, shape (items, 2 or 3)
    """
    if embedding.shape[1] <= 3:
        return embedding
    places = project_onto(embedding, *principal_components(embedding, 2))
    return places if before is None else align_map(places, before)


def compute_maps(embeddings: Sequence[Embedding]) -> list[Places]:
    """Maps of several epochs along the principal components of the last one.

    Dimensions have the same meaning in each epoch of a training, so that no map is rotated.

    Parameters
    ----------
    embeddings : sequence of array of float32, shape (items, d)

    Returns
    -------
    list of array of float32, shape (items, 2 or 3)
    """
    if embeddings[-1].shape[1] <= 3:
        return list(embeddings)
    _, directions = principal_components(embeddings[-1], 2)
    return [project_onto(embedding, embedding.mean(axis=0), directions) for embedding in embeddings]


def align_map(places: Places, onto: Places) -> Places:
    """Rotates and mirrors a map onto another of the same items: orthogonal Procrustes (Schönemann 1966). Distances
    stay.
    """
    from scipy.linalg import orthogonal_procrustes

    middle = onto.mean(axis=0)
    rotation, _ = orthogonal_procrustes(places - places.mean(axis=0), onto - middle)
    return ((places - places.mean(axis=0)) @ rotation + middle).astype(np.float32)


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


def record(epochs: list[Epoch], movies: NDArray[np.int64], path: Path = _FILE) -> None:
    """Stores the maps of a training of two dimensions. movies: numbers of those on the map."""
    places = np.stack([epoch.embedding[movies] for epoch in epochs])
    largest = np.float32(np.abs(places).max())
    shares = np.round(places / largest * _LARGEST).astype(np.int16)
    np.savez_compressed(path, places=shares, largest=largest, movies=movies.astype(np.int32))
