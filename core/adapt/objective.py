"""The loss that adapters minimize, with its gradients: matching pictures and texts, and leaving all else in its place.

Numpy suffices: the maps are linear up to a norm, so that each gradient is a few products of matrices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.encoders.adapted import LowRankMap
from core.encoders.base import Vectors

Gradients = tuple[NDArray[np.float32], NDArray[np.float32]]  # with respect to `down` and `up` of a map


@dataclass(frozen=True, eq=False)
class Mapped:
    """Vectors after a map, with what its gradient needs.

    Attributes
    ----------
    rows : ndarray, shape (n, dim)
        Unit rows, the result.
    source : ndarray, shape (n, dim)
    inner : ndarray, shape (n, r)
        What the map responded with.
    norms : ndarray, shape (n, 1)
        Before the division.
    """

    rows: Vectors
    source: Vectors
    inner: NDArray[np.float32]
    norms: NDArray[np.float32]


def apply_map(side: LowRankMap, vectors: Vectors) -> Mapped:
    """The same as `side.apply`, with what `compute_map_gradients` needs."""
    inner = vectors @ side.down.T
    moved = vectors + inner @ side.up.T
    norms = np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), np.float32(1e-12))  # a row of zeros stays zero
    return Mapped(moved / norms, vectors, inner, norms)


def compute_map_gradients(side: LowRankMap, mapped: Mapped, by_rows: NDArray[np.floating]) -> Gradients:
    """Gradients of a loss with respect to the map, from those with respect to the mapped rows (n, dim)."""
    along = (mapped.rows * by_rows).sum(axis=1, keepdims=True)
    by_moved = ((by_rows - along * mapped.rows) / mapped.norms).astype(np.float32)
    return (by_moved @ side.up).T @ mapped.source, by_moved.T @ mapped.inner


def compute_matching_loss(
    images: Vectors, texts: Vectors, matches: NDArray[np.bool_], scale: float
) -> tuple[float, NDArray[np.float32], NDArray[np.float32]]:
    """Symmetric contrastive loss [1]_ whose targets are all matches of a row, in equal shares.

    Parameters
    ----------
    images, texts : ndarray of float32, shapes (n, dim) and (m, dim)
        Unit rows.
    matches : ndarray of bool, shape (n, m)
        Which belong together; a text without a picture competes for the pictures only.
    scale : float
        Of the cosines: inverse temperature.

    Returns
    -------
    loss : float
        Mean of the cross-entropies from pictures to texts and from texts to pictures, in nats.
    by_images, by_texts : ndarray
        Its gradients.

    References
    ----------
    .. [1] Radford et al. 2021, "Learning transferable visual models from natural language supervision"
    """
    logits = np.asarray(np.float32(scale) * (images @ texts.T), np.float32)
    to_texts, by_text = _cross_entropy(logits, matches)
    to_images, by_image = _cross_entropy(logits.T, matches.T)
    by_logits = np.asarray((by_text + by_image.T) * (scale / 2), np.float32)
    return (to_texts + to_images) / 2, by_logits @ texts, by_logits.T @ images


def compute_drift(mapped: Mapped) -> tuple[float, NDArray[np.float32]]:
    """Mean squared distance that a map moves vectors, and its gradient by the mapped rows."""
    apart = mapped.rows - mapped.source
    return float((apart**2).sum(axis=1).mean()), apart * np.float32(2 / len(apart))


def _cross_entropy(logits: NDArray[np.float32], matches: NDArray[np.bool_]) -> tuple[float, NDArray[np.float32]]:
    """Mean cross-entropy of the rows that have a match, in nats, and its gradient by the logits."""
    counts = matches.sum(axis=1, keepdims=True)
    used = counts > 0
    targets = matches / np.maximum(counts, 1)
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_shares = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    total = max(int(used.sum()), 1)
    loss = -float((targets * log_shares).sum()) / total
    return loss, np.asarray(used * (np.exp(log_shares) - targets) / total, np.float32)
