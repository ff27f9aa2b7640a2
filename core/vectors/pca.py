"""Principal components (Pearson 1901): the directions of largest variance.

Uses SciPy's solver for a few eigenvectors, since scikit-learn takes 80 MB and seconds to load.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Vectors


def principal_components(vectors: NDArray[np.floating], count: int) -> tuple[Vectors, Vectors]:
    """Principal components of vectors, by descending variance.

    Parameters
    ----------
    vectors : ndarray, shape (n, dim)
    count : int
        1 to the smaller of n and dim.

    Returns
    -------
    mean : ndarray of float32, shape (dim,)
    directions : ndarray of float32, shape (count, dim)
        Orthogonal unit rows; the entry of largest magnitude is positive.
    """
    from scipy.linalg import eigh

    mean = vectors.mean(axis=0)
    rows, dim = vectors.shape
    if rows < dim:  # the directions are combinations of the vectors: an n x n problem instead of dim x dim
        centered = vectors - mean
        _, weights = eigh((centered @ centered.T).astype(np.float64), subset_by_index=[rows - count, rows - 1])
        directions = np.linalg.qr(centered.T @ weights[:, ::-1])[0].T
    else:
        covariance = (vectors.T @ vectors).astype(np.float64) / rows - np.outer(mean, mean)
        directions = eigh(covariance, subset_by_index=[dim - count, dim - 1])[1][:, ::-1].T
    largest = np.abs(directions).argmax(axis=1)
    signs = np.sign(directions[np.arange(count), largest])
    return np.asarray(mean, np.float32), np.asarray(directions * signs[:, None], np.float32)


def project_onto(vectors: Vectors, mean: Vectors, directions: Vectors) -> NDArray[np.float32]:
    """Coordinates of vectors along directions, measured from the mean.

    Parameters
    ----------
    vectors : ndarray of float32, shape (n, dim)
    mean, directions : ndarray
        From `principal_components`.

    Returns
    -------
    ndarray of float32, shape (n, count)
    """
    return np.asarray(vectors @ directions.T - mean @ directions.T, np.float32)
