"""Figures of classifications, against scikit-learn and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from fakes import ColorEncoder
from sklearn.metrics import f1_score, mean_absolute_error, precision_score, r2_score, top_k_accuracy_score

from core.classify.validation import compute_calibration_error, cross_validate_numbers, make_report
from core.classify.zero_shot import ClassName, ZeroShot
from core.encoders.base import Scoring, unit_rows

NAMES = tuple("abcdefg")


def test_a_report_is_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, len(NAMES), 300)
    probabilities = rng.dirichlet(np.ones(len(NAMES)), 300)
    probabilities[np.arange(300), truth] += rng.uniform(0, 0.6, 300)
    report = make_report(NAMES, truth, probabilities)
    predictions = probabilities.argmax(axis=1)
    assert report.accuracy == pytest.approx((predictions == truth).mean())
    assert report.top5 == pytest.approx(top_k_accuracy_score(truth, probabilities, k=5))
    assert report.macro_f1 == pytest.approx(f1_score(truth, predictions, average="macro"))
    precisions = precision_score(truth, predictions, average=None)
    assert [entry.precision for entry in report.classes] == pytest.approx(list(precisions))
    assert report.confusion.sum() == 300 and np.trace(report.confusion) == (predictions == truth).sum()
    assert report.confusion[2].sum() == (truth == 2).sum() == report.classes[2].items


def test_votes_of_nobody_are_no_top_five() -> None:
    """The true class has no vote, as six others: it ties with them, and is not among the first five."""
    votes = np.zeros((1, 7))
    votes[0, 0] = 1.0
    assert make_report(NAMES, np.array([6]), votes).top5 == 0.0
    assert make_report(NAMES[:3], np.array([2]), votes[:, :3]).top5 == 1.0


def test_calibration_error_by_hand() -> None:
    """Four items told at 0.9, of which two are right: off by 0.4. Four at 0.5, two right: not off."""
    probabilities = np.array([[0.9, 0.1]] * 4 + [[0.5, 0.45]] * 4)
    truth = np.array([0, 0, 1, 1] * 2)
    assert compute_calibration_error(probabilities, truth) == pytest.approx(0.2)


def test_numbers_are_measured_on_items_held_out(encoder: ColorEncoder) -> None:
    rng = np.random.default_rng(0)
    vectors = unit_rows(rng.normal(size=(120, encoder.dim)))
    prices = 10 + 30 * vectors[:, 0]
    report, predictions = cross_validate_numbers(encoder, "ridge", vectors, prices.tolist())
    assert report.r2 == pytest.approx(r2_score(prices, predictions)) and report.r2 > 0.95
    assert report.mae == pytest.approx(mean_absolute_error(prices, predictions), rel=1e-4)
    chance, _ = cross_validate_numbers(encoder, "ridge", vectors, rng.normal(size=120).tolist())
    assert chance.r2 < 0.2  # nothing is learned from noise


def test_calibration_of_an_encoder_whose_classes_stand_alone() -> None:
    """Sigmoid scores: scale and bias are fitted, so that what is right is probable and what is wrong is not."""
    encoder = ColorEncoder()
    encoder.scoring = Scoring("sigmoid", 20.0, -30.0)  # nothing is ever probable
    names = ("red", "green", "blue")
    zero_shot = ZeroShot.of(encoder, [ClassName(name) for name in names])
    rng = np.random.default_rng(0)
    labels = [name for name in names for _ in range(40)]
    vectors = unit_rows(encoder.encode_texts(labels) + rng.normal(scale=0.2, size=(120, encoder.dim)))
    before, calibrated = zero_shot.predict(vectors), zero_shot.calibrated(vectors, labels)
    after = calibrated.predict(vectors)
    assert calibrated.scoring.activation == "sigmoid" and (before.best == after.best).all()
    assert before.probabilities.max() < 1e-3
    truth = np.repeat(np.arange(3), 40)
    own = after.probabilities[np.arange(120), truth]
    rest = (after.probabilities.sum(axis=1) - own) / 2
    assert own.mean() > 0.9 and rest.mean() < 0.1
    assert (
        compute_calibration_error(after.probabilities, truth)
        < 0.1
        < compute_calibration_error(before.probabilities, truth)
    )
