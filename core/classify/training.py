"""Trains heads on frozen vectors: classes and numbers from a few labeled items.

Classes. "centroid": the nearest class mean (Snell et al. 2017). "knn": the nearest labeled items vote. "probe":
logistic regression (the linear probe of Radford et al. 2021). "blend": the weighted sum of the logits of zero-shot and
of a ridge regression, a product of experts (Hinton 2002) in one head. Cross-validation on the labels chooses the
weights, see `core.classify.blending`, so the sum begins as zero-shot and turns into what the labels teach. Numbers:
"ridge" regression, and "knn".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from core.classify.blending import compute_word_accuracy, fit_blend, get_span
from core.classify.heads import ClassHead, NumberHead
from core.classify.in_class import calibrate_in_class, measure_classes
from core.classify.zero_shot import ZeroShot, get_class_numbers
from core.encoders.base import Encoder, Vectors, unit_rows
from core.errors import DataError

ClassKind = Literal["centroid", "knn", "probe", "blend"]
NumberKind = Literal["ridge", "knn"]

PROBE_C = 10.0  # inverse regularization of the probe; accuracy is flat from 1 to 100 on ten classes of photos
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
        Has all classes of the labels. Required by "blend", which has all of its classes; one without samples keeps its
        prototype. For the other kinds it says how likely an item belongs to any class while labels are few.

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
    if kind == "blend" and zero_shot is None:
        raise DataError("A blend also needs zero-shot classes.")
    names = zero_shot.names if kind == "blend" and zero_shot else tuple(sorted(set(labels)))
    if len(names) < 2:
        raise DataError("Give samples of at least two classes.")
    words = _select_classes(zero_shot, names) if zero_shot else None
    numbers = get_class_numbers(labels, names)
    arrays = measure_classes(vectors, numbers, len(names))
    if words:
        accuracy = compute_word_accuracy(vectors @ words.vectors.T, numbers)
        arrays |= calibrate_in_class(words.words, vectors, numbers, arrays, accuracy)
    return ClassHead(kind, encoder.id, names, arrays | _fit_arrays(encoder, kind, vectors, numbers, words), encoder)


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


def _select_classes(zero_shot: ZeroShot, names: Sequence[str]) -> ZeroShot:
    """The same words for some of the classes, in the order of `names`. Raises QueryError."""
    if names == zero_shot.names:
        return zero_shot
    rows = get_class_numbers(names, zero_shot.names)
    return replace(zero_shot, classes=tuple(zero_shot.classes[row] for row in rows), vectors=zero_shot.vectors[rows])


def _fit_arrays(
    encoder: Encoder, kind: ClassKind, vectors: Vectors, numbers: NDArray[np.int64], words: ZeroShot | None
) -> dict[str, NDArray[np.float32]]:
    """The arrays by which a head of a kind predicts."""
    classes = int(numbers.max()) + 1
    if kind == "knn":
        return {"memory": np.asarray(vectors, np.float32), "targets": numbers.astype(np.float32)}
    if kind == "centroid":
        means = np.stack([vectors[numbers == number].mean(axis=0) for number in range(classes)])
        return {"weights": unit_rows(means) * encoder.scoring.scale, "bias": np.zeros(classes, np.float32)}
    if kind == "probe":
        return _logistic(vectors, numbers, classes)
    assert words is not None
    return _blended(words, vectors, numbers)


def _logistic(vectors: Vectors, numbers: NDArray[np.int64], classes: int) -> dict[str, NDArray[np.float32]]:
    from sklearn.linear_model import LogisticRegression

    basis, coordinates = get_span(vectors)
    fitted = LogisticRegression(C=PROBE_C, max_iter=1000).fit(coordinates, numbers)
    weights, bias = fitted.coef_ @ basis.T, fitted.intercept_
    if classes == 2:  # one row for the second class, as two rows of a softmax
        weights, bias = np.concatenate([-weights, weights]) / 2, np.concatenate([-bias, bias]) / 2
    return {"weights": weights.astype(np.float32), "bias": bias.astype(np.float32)}


def _blended(words: ZeroShot, vectors: Vectors, numbers: NDArray[np.int64]) -> dict[str, NDArray[np.float32]]:
    blend = fit_blend(words.scoring.scale * (vectors @ words.vectors.T), vectors, numbers)
    scale = blend.word_share * words.scoring.scale
    arrays = {
        "weights": scale * words.vectors + blend.weights,
        "bias": blend.bias,
        "blend": np.array([scale, blend.level]),
    }
    return {name: np.asarray(array, np.float32) for name, array in arrays.items()}
