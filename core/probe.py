"""Heads on frozen vectors: classes and numbers learned from a few labelled items.

Classes. "centroid": the nearest class mean (Snell et al. 2017). "knn": the nearest labelled items vote. "probe":
logistic regression (the linear probe of Radford et al. 2021). "blend": the same regression, drawn to the text
prototypes of the classes instead of to zero, a Gaussian prior around the zero-shot weights (as Silva-Rodriguez et al.
2024 do): without samples it is zero-shot, with many it is the probe. Numbers: "ridge" regression, and "knn".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from core.classify import ZeroShot, numbers_of
from core.encoders.base import Encoder, Vectors, unit_rows
from core.errors import DataError
from core.heads import Head

ClassKind = Literal["centroid", "knn", "probe", "blend"]
NumberKind = Literal["ridge", "knn"]

PROBE_C = 10.0  # inverse strength of the probe's regularisation; flat from 1 to 100 on ten classes of photos
PRIOR = 0.001  # strength with which the blend is held to the prototypes; flat from 0.0003 to 0.003 on the same
_ALPHAS = np.logspace(-3, 2, 16)  # of the ridge, chosen by leaving one out


def fit_classes(
    encoder: Encoder,
    kind: ClassKind,
    vectors: Vectors,
    labels: Sequence[str],
    *,
    zero_shot: ZeroShot | None = None,
) -> Head:
    """Learns classes from unit vectors (n, dim) and their labels.

    zero_shot: needed by "blend", whose classes then are all of its; a class without samples keeps its prototype.
    Raises DataError for an unknown kind, fewer than two classes, or lengths that differ.
    """
    if kind not in get_args(ClassKind):
        raise DataError(f"Classes are learned by {', '.join(get_args(ClassKind))}, not by {kind!r}.")
    _check(vectors, labels)
    if kind == "blend":
        if zero_shot is None:
            raise DataError("A blend needs the classes as words too.")
        names: tuple[str, ...] = zero_shot.names
    else:
        names = tuple(sorted(set(labels)))
    if len(names) < 2:
        raise DataError("Give samples of at least two classes.")
    numbers = numbers_of(labels, names)
    if kind == "knn":
        arrays = {"memory": np.asarray(vectors, np.float32), "targets": numbers.astype(np.float32)}
    elif kind == "centroid":
        means = np.stack([vectors[numbers == number].mean(axis=0) for number in range(len(names))])
        arrays = {"weights": unit_rows(means) * encoder.scoring.scale, "bias": np.zeros(len(names), np.float32)}
    elif kind == "probe":
        arrays = _logistic(vectors, numbers, len(names))
    else:
        assert zero_shot is not None
        arrays = _drawn_to(zero_shot.vectors * zero_shot.scoring.scale, vectors, numbers)
    return Head(kind, "classes", encoder.id, names, arrays | _known(vectors, numbers, len(names)))


def fit_numbers(
    encoder: Encoder, kind: NumberKind, vectors: Vectors, values: Sequence[float], *, name: str = "value"
) -> Head:
    """Learns a number from unit vectors (n, dim) and its values (n,), in the unit of the values.

    Raises DataError for an unknown kind, fewer than two samples, a value that is not finite, or lengths that differ.
    """
    if kind not in get_args(NumberKind):
        raise DataError(f"Numbers are learned by {', '.join(get_args(NumberKind))}, not by {kind!r}.")
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
    return Head(kind, "number", encoder.id, (name,), arrays)


def _check(vectors: Vectors, targets: Sequence[object]) -> None:
    if len(vectors) != len(targets):
        raise DataError(f"There are {len(vectors)} vectors and {len(targets)} labels: give one for each.")
    if len(vectors) < 2:
        raise DataError("Give at least two samples.")


def _known(vectors: Vectors, numbers: NDArray[np.int64], classes: int) -> dict[str, NDArray[np.float32]]:
    """What `Head.fits` sets an item against: the mean of each class, and the mean cosines of two of its items.

    Of unit vectors with the sum s, the cosines of all pairs sum to |s|^2 - n. A class without items has a mean of 0.
    """
    counts = np.bincount(numbers, minlength=classes)
    sums = np.zeros((classes, vectors.shape[1]))
    np.add.at(sums, numbers, vectors)
    squares, pairs = (sums**2).sum(), (counts**2).sum()
    apart = ((sums.sum(axis=0) ** 2).sum() - squares) / max(len(vectors) ** 2 - pairs, 1)
    together = (squares - len(vectors)) / max(pairs - len(vectors), 1) if pairs > len(vectors) else apart
    means = sums / np.maximum(counts, 1)[:, None]
    return {"means": means.astype(np.float32), "levels": np.array([apart, together], np.float32)}


def _span(vectors: Vectors) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(orthonormal basis (dim, r), the vectors in it (n, r)) of the span of (n, dim); r = min(n, dim).

    Few samples say nothing of directions at right angles to them all, so that weights which are kept small, or near to
    others, change within their span alone: the same solution, found ten times as fast.
    """
    basis, inside = np.linalg.qr(np.asarray(vectors, np.float64).T)
    return basis, inside.T


def _logistic(vectors: Vectors, numbers: NDArray[np.int64], classes: int) -> dict[str, NDArray[np.float32]]:
    from sklearn.linear_model import LogisticRegression

    basis, inside = _span(vectors)
    fitted = LogisticRegression(C=PROBE_C, max_iter=1000).fit(inside, numbers)
    weights, bias = fitted.coef_ @ basis.T, fitted.intercept_
    if classes == 2:  # one row for the second class: as two rows of a softmax
        weights, bias = np.concatenate([-weights, weights]) / 2, np.concatenate([-bias, bias]) / 2
    return {"weights": weights.astype(np.float32), "bias": bias.astype(np.float32)}


def _drawn_to(prototypes: Vectors, vectors: Vectors, numbers: NDArray[np.int64]) -> dict[str, NDArray[np.float32]]:
    """argmin over W, b of sum_i -ln softmax(W x_i + b)[y_i] + PRIOR / 2 |W - prototypes|^2 + |b|^2 / 2."""
    from scipy.optimize import minimize

    basis, samples = _span(vectors)
    start = np.asarray(prototypes, np.float64) @ basis
    classes, dim = start.shape
    rows = np.arange(len(numbers))

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        change, bias = flat[: classes * dim].reshape(classes, dim), flat[classes * dim :]
        logits = samples @ (start + change).T + bias
        logits -= logits.max(axis=1, keepdims=True)
        odds = np.exp(logits)
        sums = odds.sum(axis=1)
        wrong = odds / sums[:, None]
        wrong[rows, numbers] -= 1.0
        value = (np.log(sums) - logits[rows, numbers]).sum() + PRIOR / 2 * (change**2).sum() + (bias**2).sum() / 2
        gradient = wrong.T @ samples + PRIOR * change
        return float(value), np.concatenate([gradient.ravel(), wrong.sum(axis=0) + bias])

    flat = minimize(loss, np.zeros(classes * (dim + 1)), jac=True, method="L-BFGS-B", options={"maxiter": 300}).x
    weights = prototypes + flat[: classes * dim].reshape(classes, dim) @ basis.T
    return {"weights": weights.astype(np.float32), "bias": flat[classes * dim :].astype(np.float32)}
