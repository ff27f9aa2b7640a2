"""Trains heads on frozen vectors: classes and numbers from a few labeled items.

Classes. "centroid": the nearest class mean (Snell et al. 2017). "knn": the nearest labeled items vote. "probe":
logistic regression (the linear probe of Radford et al. 2021). "blend": the sum of the logits of zero-shot and,
weighted, of the probe. That is a product of experts (Hinton 2002) in one linear head, similar to averaging the weights
of two models (WiSE-FT, Wortsman et al. 2022). A regularized probe has small logits for few samples, so the sum begins
as zero-shot and turns into the probe. Numbers: "ridge" regression, and "knn".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from core.classify.heads import ClassHead, NumberHead
from core.classify.zero_shot import ZeroShot, get_class_numbers
from core.encoders.base import Encoder, Vectors, unit_rows
from core.errors import DataError

ClassKind = Literal["centroid", "knn", "probe", "blend"]
NumberKind = Literal["ridge", "knn"]

PROBE_C = 10.0  # inverse regularization of the probe; accuracy is flat from 1 to 100 on ten classes of photos
PROBE_SHARE = 2.5  # weight of the probe in a blend; accuracy is flat from 2 to 3 on ten and on five classes of photos
_ALPHAS = np.logspace(-3, 2, 16)  # regularization of the ridge, chosen by leave-one-out


def fit_classes(
    encoder: Encoder,
    kind: ClassKind,
    vectors: Vectors,
    labels: Sequence[str],
    *,
    zero_shot: ZeroShot | None = None,
) -> ClassHead:
    """Trains a head of classes.

    Parameters
    ----------
    kind : {"centroid", "knn", "probe", "blend"}
    vectors : array of float, shape (n, dim)
        Unit rows.
    labels : sequence of str, length n
    zero_shot : ZeroShot, optional
        Required by "blend", which has all of its classes; one without samples keeps its prototype.

    Returns
    -------
    ClassHead

    Raises
    ------
    DataError
        The kind is unknown, there are fewer than two classes, or lengths differ.
    """
    if kind not in get_args(ClassKind):
        raise DataError(f"Unknown method {kind!r}: choose {', '.join(get_args(ClassKind))}.")
    _check(vectors, labels)
    if kind == "blend":
        if zero_shot is None:
            raise DataError("A blend also needs zero-shot classes.")
        names: tuple[str, ...] = zero_shot.names
    else:
        names = tuple(sorted(set(labels)))
    if len(names) < 2:
        raise DataError("Give samples of at least two classes.")
    numbers = get_class_numbers(labels, names)
    if kind == "knn":
        arrays = {"memory": np.asarray(vectors, np.float32), "targets": numbers.astype(np.float32)}
    elif kind == "centroid":
        means = np.stack([vectors[numbers == number].mean(axis=0) for number in range(len(names))])
        arrays = {"weights": unit_rows(means) * encoder.scoring.scale, "bias": np.zeros(len(names), np.float32)}
    elif kind == "probe":
        arrays = _logistic(vectors, numbers, len(names))
    else:
        assert zero_shot is not None
        arrays = _blended(zero_shot.vectors * zero_shot.scoring.scale, vectors, numbers)
    return ClassHead(kind, encoder.id, names, arrays | _measure_classes(vectors, numbers, len(names)))


def fit_numbers(
    encoder: Encoder, kind: NumberKind, vectors: Vectors, values: Sequence[float], *, name: str = "value"
) -> NumberHead:
    """Trains a head that predicts a number.

    Parameters
    ----------
    kind : {"ridge", "knn"}
    vectors : array of float, shape (n, dim)
        Unit rows.
    values : sequence of float, length n
        In any unit.
    name : str
        Of the number.

    Returns
    -------
    NumberHead

    Raises
    ------
    DataError
        The kind is unknown, there are fewer than two samples, a value is not finite, or lengths differ.
    """
    if kind not in get_args(NumberKind):
        raise DataError(f"Unknown method {kind!r}: choose {', '.join(get_args(NumberKind))}.")
    _check(vectors, values)
    targets = np.asarray(values, np.float64)
    if not np.isfinite(targets).all():
        raise DataError("A value is not a finite number.")
    if kind == "knn":
        arrays = {"memory": np.asarray(vectors, np.float32), "targets": targets.astype(np.float32)}
    else:
        from sklearn.linear_model import RidgeCV

        ridge = RidgeCV(alphas=_ALPHAS).fit(vectors.astype(np.float64), targets)
        arrays = {
            "weights": ridge.coef_[None].astype(np.float32),
            "bias": np.array([ridge.intercept_], np.float32),
        }
    return NumberHead(kind, encoder.id, (name,), arrays)


def _check(vectors: Vectors, targets: Sequence[object]) -> None:
    if len(vectors) != len(targets):
        raise DataError(f"There are {len(vectors)} vectors and {len(targets)} labels: give one for each.")
    if len(vectors) < 2:
        raise DataError("Give at least two samples.")


def _measure_classes(vectors: Vectors, numbers: NDArray[np.int64], classes: int) -> dict[str, NDArray[np.float32]]:
    """The arrays "means" and "levels" of a `ClassHead`: the mean of each class, and the mean cosines of items of
    different classes and of the same class.

    The cosines of all pairs of n unit vectors with sum s add up to |s|^2 - n. A class without items has a mean of 0.
    """
    counts = np.bincount(numbers, minlength=classes)
    sums = np.zeros((classes, vectors.shape[1]))
    np.add.at(sums, numbers, vectors)
    squares, pairs = (sums**2).sum(), (counts**2).sum()
    between = ((sums.sum(axis=0) ** 2).sum() - squares) / max(len(vectors) ** 2 - pairs, 1)
    within = (squares - len(vectors)) / max(pairs - len(vectors), 1) if pairs > len(vectors) else between
    means = sums / np.maximum(counts, 1)[:, None]
    return {"means": means.astype(np.float32), "levels": np.array([between, within], np.float32)}


def _get_span(vectors: Vectors) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Orthonormal basis (dim, r) of the span of vectors (n, dim), and their coordinates (n, r); r = min(n, dim).

    Regularized weights lie in the span of the samples, so that solving there gives the same weights ten times as fast.
    """
    basis, coordinates = np.linalg.qr(np.asarray(vectors, np.float64).T)
    return basis, coordinates.T


def _logistic(vectors: Vectors, numbers: NDArray[np.int64], classes: int) -> dict[str, NDArray[np.float32]]:
    from sklearn.linear_model import LogisticRegression

    basis, coordinates = _get_span(vectors)
    fitted = LogisticRegression(C=PROBE_C, max_iter=1000).fit(coordinates, numbers)
    weights, bias = fitted.coef_ @ basis.T, fitted.intercept_
    if classes == 2:  # one row for the second class, as two rows of a softmax
        weights, bias = np.concatenate([-weights, weights]) / 2, np.concatenate([-bias, bias]) / 2
    return {"weights": weights.astype(np.float32), "bias": bias.astype(np.float32)}


def _blended(prototypes: Vectors, vectors: Vectors, numbers: NDArray[np.int64]) -> dict[str, NDArray[np.float32]]:
    """The prototypes plus `PROBE_SHARE` times the weights of the probe; a class without samples keeps its prototype.

    With samples of a single class there is nothing to learn.
    """
    weights, bias = np.array(prototypes, np.float32), np.zeros(len(prototypes), np.float32)
    seen, targets = np.unique(numbers, return_inverse=True)
    if len(seen) > 1:
        probe = _logistic(vectors, targets, len(seen))
        weights[seen] += PROBE_SHARE * probe["weights"]
        bias[seen] += PROBE_SHARE * probe["bias"]
    return {"weights": weights, "bias": bias}
