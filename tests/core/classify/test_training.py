"""Heads learned from a few labelled items: the same as scikit-learn, honest about what they never saw."""

from __future__ import annotations

import numpy as np
import pytest
from fakes import ColorEncoder
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.metrics import accuracy_score
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid

from core.classify.training import PROBE_C, fit_classes, fit_numbers
from core.classify.validation import compute_learning_curve, cross_validate_classes, cross_validate_numbers
from core.classify.zero_shot import NONE, ClassName, ZeroShot
from core.encoders.base import Vectors, unit_rows
from core.errors import DataError, QueryError
from core.progress import Task

NAMES = ("red", "green", "blue", "orange")


def noisy(
    encoder: ColorEncoder, count: int, *, spread: float = 0.3, seed: int = 0, names: tuple[str, ...] = NAMES
) -> tuple[Vectors, list[str]]:
    """`count` items of each colour, spread so far that the classes overlap."""
    rng = np.random.default_rng(seed)
    words = np.repeat(encoder.encode_texts(names), count, axis=0)
    return unit_rows(words + rng.normal(scale=spread, size=words.shape)), [name for name in names for _ in range(count)]


def zero_shot(encoder: ColorEncoder, *names: str) -> ZeroShot:
    return ZeroShot.of(encoder, [ClassName(name) for name in names or NAMES])


def told(head: object, vectors: Vectors) -> list[str]:
    return [head.names[number] for number in head.predict(vectors).best]  # type: ignore[attr-defined]


@pytest.mark.parametrize("count", [1, 3, 40], ids="{} a class".format)
@pytest.mark.parametrize("names", [NAMES, NAMES[:2]], ids=["four classes", "two"])
def test_the_probe_is_scikit_learns(encoder: ColorEncoder, count: int, names: tuple[str, ...]) -> None:
    vectors, labels = noisy(encoder, count, names=names)
    rest, _ = noisy(encoder, 50, seed=1, names=names)
    peer = LogisticRegression(C=PROBE_C, max_iter=1000, tol=1e-6).fit(vectors, labels)
    head = fit_classes(encoder, "probe", vectors, labels)
    assert head.names == tuple(peer.classes_)
    assert np.allclose(head.probabilities(rest), peer.predict_proba(rest), atol=0.01)


def test_centroids_and_neighbours_agree_with_scikit_learn(encoder: ColorEncoder) -> None:
    vectors, labels = noisy(encoder, 20)
    rest, truth = noisy(encoder, 100, seed=1)
    for kind, peer in (
        ("centroid", NearestCentroid()),
        ("knn", KNeighborsClassifier(5, weights=lambda far: np.exp(20 * (1 - far - 1)), metric="cosine")),
    ):
        own = told(fit_classes(encoder, kind, vectors, labels), rest)  # type: ignore[arg-type]
        theirs = list(peer.fit(vectors, labels).predict(rest))
        assert accuracy_score(truth, own) == pytest.approx(accuracy_score(truth, theirs), abs=0.02)
        assert accuracy_score(own, theirs) > 0.97


def test_numbers_agree_with_scikit_learn(encoder: ColorEncoder) -> None:
    vectors, _ = noisy(encoder, 20)
    rest, _ = noisy(encoder, 50, seed=1)
    prices = 1000 + 50 * vectors[:, 0] - 20 * vectors[:, 1]
    peer = RidgeCV(alphas=np.logspace(-3, 2, 16)).fit(vectors, prices)
    own = fit_numbers(encoder, "ridge", vectors, prices.tolist()).values(rest)
    assert np.allclose(own, peer.predict(rest), atol=0.5)
    nearest = fit_numbers(encoder, "knn", vectors, prices.tolist()).values(rest)
    assert nearest.min() >= prices.min() - 0.01 and nearest.max() <= prices.max() + 0.01
    assert np.corrcoef(nearest, 50 * rest[:, 0] - 20 * rest[:, 1])[0, 1] > 0.5


def test_numbers_from_next_to_nothing(encoder: ColorEncoder) -> None:
    vectors, _ = noisy(encoder, 1)
    for kind in ("ridge", "knn"):
        values = fit_numbers(encoder, kind, vectors[:2], [3.0, 3.0]).values(vectors)  # type: ignore[arg-type]
        assert values == pytest.approx([3.0] * 4, abs=1e-3)
    with pytest.raises(DataError, match="two samples"):
        fit_numbers(encoder, "ridge", vectors[:1], [1.0])
    with pytest.raises(DataError, match="finite"):
        fit_numbers(encoder, "ridge", vectors[:2], [1.0, float("nan")])
    with pytest.raises(DataError, match="four items"):
        cross_validate_numbers(encoder, "ridge", vectors[:3], [1.0, 2.0, 3.0])


def test_a_blend_starts_as_zero_shot_and_learns(encoder: ColorEncoder) -> None:
    """Words that mislead are put right by samples; a class without samples stays what its words say."""
    vectors, labels = noisy(encoder, 8, spread=0.05)
    misled = ZeroShot.of(encoder, [ClassName(name) for name in ("red", "green", "blue")] + [ClassName("yellow")])
    labels = ["yellow" if label == "orange" else label for label in labels]
    sample = [row for row, label in enumerate(labels) if label != "blue"]
    head = fit_classes(encoder, "blend", vectors[sample], [labels[row] for row in sample], zero_shot=misled)
    assert head.names == misled.names
    rest, truth = noisy(encoder, 20, spread=0.05, seed=1)
    truth = ["yellow" if label == "orange" else label for label in truth]
    assert told(head, rest) == truth  # blue among them
    close = fit_classes(encoder, "blend", rest[:2], truth[:2], zero_shot=misled)
    difference = np.abs(close.probabilities(rest) - misled.predict(rest).probabilities).max()
    assert difference < 0.25  # two samples that zero-shot already tells change next to nothing


@pytest.mark.parametrize("kind", ["centroid", "knn", "probe"])
def test_what_a_head_never_saw_is_none_of_its_classes(encoder: ColorEncoder, kind: str) -> None:
    vectors, labels = noisy(encoder, 8, spread=0.15, names=("red", "green"))
    head = fit_classes(encoder, kind, vectors, labels)  # type: ignore[arg-type]
    known, truth = noisy(encoder, 20, spread=0.15, seed=1, names=("red", "green"))
    strange, _ = noisy(encoder, 20, spread=0.15, seed=2, names=("blue", "black"))
    own = head.predict(known).labels()
    assert np.mean([label == right for label, right in zip(own, truth, strict=True)]) > 0.9
    assert np.mean([label == NONE for label in head.predict(strange).labels()]) > 0.9


def test_samples_that_cannot_be(encoder: ColorEncoder) -> None:
    vectors, labels = noisy(encoder, 2)
    for wrong, said in (
        (lambda: fit_classes(encoder, "forest", vectors, labels), "method 'forest'"),  # type: ignore[arg-type]
        (lambda: fit_classes(encoder, "probe", vectors[:2], labels[:2]), "two classes"),
        (lambda: fit_classes(encoder, "probe", vectors[:3], labels), "3 vectors and 8 labels"),
        (lambda: fit_classes(encoder, "blend", vectors, labels), "also needs zero-shot"),
        (lambda: fit_numbers(encoder, "probe", vectors, [1.0] * 8), "method 'probe'"),  # type: ignore[arg-type]
    ):
        with pytest.raises(DataError, match=said):
            wrong()
    with pytest.raises(QueryError, match="not among the classes"):
        fit_classes(encoder, "blend", vectors, labels, zero_shot=zero_shot(encoder, "red", "green"))


def test_cross_validation_with_a_tiny_class(encoder: ColorEncoder) -> None:
    """Two items of one class do not leave the others with two folds; one item alone cannot be held out."""
    vectors, labels = noisy(encoder, 20, spread=0.1)
    cached = [row for row, label in enumerate(labels) if label != "blue"] + [40, 41]
    names, probabilities = cross_validate_classes(encoder, "centroid", vectors[cached], [labels[row] for row in cached])
    right = [names[number] == labels[row] for number, row in zip(probabilities.argmax(axis=1), cached, strict=True)]
    assert np.mean(right) > 0.95 and np.allclose(probabilities.sum(axis=1), 1, atol=1e-4)
    with pytest.raises(DataError, match="'blue' has too few"):
        cross_validate_classes(encoder, "centroid", vectors[cached[:-1]], [labels[row] for row in cached[:-1]])


def test_the_learning_curve_rises(encoder: ColorEncoder) -> None:
    vectors, labels = noisy(encoder, 30, spread=0.4)
    curve = compute_learning_curve(encoder, vectors, labels, zero_shot(encoder), shots=(1, 4, 16), repeats=4)
    for method in ("centroid", "probe", "blend"):
        means = [point.mean for point in curve.of(method)]
        assert means[-1] > means[0] or means[0] > 0.97
        assert all(point.low <= point.mean <= point.high for point in curve.of(method))
    assert [point.shots for point in curve.of("zero-shot")] == [0]
    assert (curve.gain("centroid", 16) or 0.0) >= 0 and curve.gain("zero-shot", 16) is None
    assert curve.short == ()
    with pytest.raises(DataError, match="at least 1 labeled"):
        compute_learning_curve(encoder, vectors, labels, zero_shot(encoder), shots=(0, 1))
    with pytest.raises(DataError, match="fewer than three"):
        compute_learning_curve(encoder, vectors[::15], labels[::15], zero_shot(encoder))


def test_the_learning_curve_can_be_stopped(encoder: ColorEncoder) -> None:
    import threading

    vectors, labels = noisy(encoder, 6)
    cancel = threading.Event()
    curve = compute_learning_curve(
        encoder, vectors, labels, zero_shot(encoder), shots=(1, 2), repeats=50,
        task=Task(lambda progress: cancel.set() if progress.done >= 10 else None, cancel),
    )  # fmt: skip
    assert curve.repeats == 2 and len(curve.of("blend")) == 2
