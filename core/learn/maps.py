"""Embeddings of the epochs as maps in the plane or in space, in which points move and do not jump."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.learn.state import Embedding
from core.vectors.pca import principal_components, project_onto

Places = NDArray[np.float32]


def compute_map(embedding: Embedding, *, before: Places | None = None) -> Places:
    """(movies, 2 or 3): where each lies. With two or three dimensions the weights themselves are the axes. With more it
    is the plane of the two directions in which they differ most (PCA), turned onto the map `before`."""
    if embedding.shape[1] <= 3:
        return embedding
    places = project_onto(embedding, *principal_components(embedding, 2))
    return places if before is None else align_map(places, before)


def compute_maps(embeddings: Sequence[Embedding]) -> list[Places]:
    """A map of each, all seen from where the last one shows most: its own two directions, for every epoch.

    The layer is the same one throughout: its dimensions mean the same in each epoch, and nothing has to be turned.
    """
    if embeddings[-1].shape[1] <= 3:
        return list(embeddings)
    _, directions = principal_components(embeddings[-1], 2)
    return [project_onto(embedding, embedding.mean(axis=0), directions) for embedding in embeddings]


def align_map(places: Places, onto: Places) -> Places:
    """The map turned and mirrored so that it lies nearest to another of the same movies: orthogonal Procrustes
    (Schönemann 1966). Distances stay."""
    from scipy.linalg import orthogonal_procrustes

    middle = onto.mean(axis=0)
    rotation, _ = orthogonal_procrustes(places - places.mean(axis=0), onto - middle)
    return ((places - places.mean(axis=0)) @ rotation + middle).astype(np.float32)
