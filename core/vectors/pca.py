"""Principal components (Pearson 1901): the directions in which vectors differ most.

Uses SciPy's solver for a few eigenvectors, since scikit-learn takes 80 MB and seconds to load.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Vectors


def principal_components(vectors: NDArray[np.floating], count: int) -> tuple[Vectors, Vectors]:
    """The principal components of vectors, the one of most variance first.

    Parameters
    ----------
    vectors
        (n, dim).
    count
        How many; at most n and dim.

    Returns
    -------
    mean, directions
        (dim,) and (count, dim) orthogonal unit rows. The largest part of each direction is positive.
    """
    from scipy.linalg import eigh

    mean = vectors.mean(axis=0)
    rows, dim = vectors.shape
    if rows < dim:  # the directions are combinations of the vectors: solve for n eigenvectors instead of dim
        centered = vectors - mean
        _, weights = eigh((centered @ centered.T).astype(np.float64), subset_by_index=[rows - count, rows - 1])
        directions = np.linalg.qr(centered.T @ weights[:, ::-1])[0].T
    else:
        spread = (vectors.T @ vectors).astype(np.float64) / rows - np.outer(mean, mean)
        directions = eigh(spread, subset_by_index=[dim - count, dim - 1])[1][:, ::-1].T
    largest = np.abs(directions).argmax(axis=1)
    signs = np.sign(directions[np.arange(count), largest])
    return np.asarray(mean, np.float32), np.asarray(directions * signs[:, None], np.float32)


def project_onto(vectors: Vectors, mean: Vectors, directions: Vectors) -> NDArray[np.float32]:
    """(n, count): how far each vector lies from the mean along each direction."""
    return np.asarray(vectors @ directions.T - mean @ directions.T, np.float32)
