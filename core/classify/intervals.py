"""How sure a measured figure is: intervals of 95 %."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

_Z = 1.96  # standard deviations of a normal distribution that hold 95 %
_RESAMPLES = 400
_WIDE = 0.15  # an interval of a share as wide as this proves little


def compute_share_interval(share: float, items: int) -> tuple[float, float]:
    """Wilson's score interval of a share [1]_.

    Parameters
    ----------
    share : float
        0 to 1, of `items`.
    items : int
        At least 1.

    Returns
    -------
    (float, float)
        0 to 1.

    References
    ----------
    .. [1] Wilson 1927, "Probable inference, the law of succession, and statistical inference"
    """
    spread = _Z**2 / items
    center = (share + spread / 2) / (1 + spread)
    half = _Z * np.sqrt(share * (1 - share) / items + spread / (4 * items)) / (1 + spread)
    return max(0.0, float(center - half)), min(1.0, float(center + half))


def is_wide(interval: tuple[float, float]) -> bool:
    """Whether the interval of a share is so wide that it proves little."""
    return interval[1] - interval[0] >= _WIDE


def bootstrap_interval(measure: Callable[[NDArray[np.int64]], float], items: int) -> tuple[float, float]:
    """Percentile interval of a figure over resampled items [1]_; deterministic.

    Parameters
    ----------
    measure : callable
        Takes rows (n,), some of them several times, and returns the figure of these.
    items : int
        Number n of items.

    Returns
    -------
    (float, float)

    References
    ----------
    .. [1] Efron 1979, "Bootstrap methods: another look at the jackknife"
    """
    rng = np.random.default_rng(0)
    figures = [measure(rng.integers(items, size=items)) for _ in range(_RESAMPLES)]
    low, high = np.quantile(figures, [0.025, 0.975])
    return float(low), float(high)


def compute_macro_f1(truth: NDArray[np.int64], predicted: NDArray[np.int64], classes: int) -> float:
    """Mean F1, 0 to 1, of the classes that have items. truth, predicted: (n,), n > 0, below `classes`."""
    right = np.bincount(truth[truth == predicted], minlength=classes)
    true, found = np.bincount(truth, minlength=classes), np.bincount(predicted, minlength=classes)
    return float((2 * right[true > 0] / (true + found)[true > 0]).mean())


def compute_r2_interval(truth: NDArray[np.floating], predicted: NDArray[np.floating]) -> tuple[float, float]:
    """Bootstrap interval of the coefficient of determination. truth, predicted: (n,) numbers, n > 0."""

    def measure(rows: NDArray[np.int64]) -> float:
        scatter = float(((truth[rows] - truth[rows].mean()) ** 2).sum())
        missed = float(((truth[rows] - predicted[rows]) ** 2).sum())
        return 1.0 - missed / scatter if scatter else 0.0

    return bootstrap_interval(measure, len(truth))
