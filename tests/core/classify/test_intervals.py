"""How sure a figure is: the intervals of shares are those of Wilson, those of other figures hold them."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score

from core.classify.intervals import (
    bootstrap_interval,
    compute_macro_f1,
    compute_r2_interval,
    compute_share_interval,
    is_wide,
)


def test_fifteen_labels_prove_little() -> None:
    assert compute_share_interval(1.0, 15) == (pytest.approx(0.796, abs=0.001), 1.0)
    assert compute_share_interval(0.0, 1)[0] == 0.0 and compute_share_interval(0.5, 10**6) == pytest.approx(
        (0.5, 0.5), abs=0.001
    )
    assert is_wide(compute_share_interval(1.0, 15)) and not is_wide(compute_share_interval(0.9, 400))


def test_a_resampled_share_agrees_with_wilson() -> None:
    right = np.arange(200) < 150
    low, high = bootstrap_interval(lambda rows: float(right[rows].mean()), len(right))
    assert (low, high) == pytest.approx(compute_share_interval(0.75, 200), abs=0.02)
    assert bootstrap_interval(lambda rows: float(right[rows].mean()), len(right)) == (low, high)


def test_figures_agree_with_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    truth, predicted = rng.integers(5, size=80), rng.integers(5, size=80)
    assert compute_macro_f1(truth, predicted, 7) == pytest.approx(f1_score(truth, predicted, average="macro"))
    values = rng.normal(size=100)
    low, high = compute_r2_interval(values, values + rng.normal(scale=0.5, size=100))
    assert low < 0.75 < high < 1.0
