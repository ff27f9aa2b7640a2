"""Maps of the embeddings of epochs in two or three dimensions, in which points move smoothly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.learn.state import Embedding
from core.vectors.pca import principal_components, project_onto

Places = NDArray[np.float32]


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
