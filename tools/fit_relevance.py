"""Fits the text weights of an encoder: python tools/fit_relevance.py --images DIR --labels CSV (image, label).

Libraries of 10 to 400 of the photos are drawn at random; each is asked for names of its own photos and for names that
it does not hold. Prints the weights of choice and ln(items), and the intercept, to be written into
`text_weights` in core/encoders/calibration.py.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from core.encoders import open_encoder
from core.encoders.calibration import get_calibration
from core.evaluation.relevance import RelevanceData, load_relevance_data

SIZES = (10, 25, 50, 100, 200, 400)
DRAWS = 6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--encoder", default="embedded")
    options = parser.parse_args()
    data = load_relevance_data(open_encoder(options.encoder), options.images, options.labels)
    features, targets, weights = [], [], []
    for size in (size for size in SIZES if size <= len(data.vectors)):
        right, wrong = choices(data, size)
        features.append(np.column_stack([np.r_[right, wrong], np.full(len(right) + len(wrong), np.log(size))]))
        targets.append(np.r_[np.ones(len(right)), np.zeros(len(wrong))])
        weights.append(np.r_[np.full(len(right), 1 / len(right)), np.full(len(wrong), 1 / len(wrong))] * 100)
    model = LogisticRegression(C=10).fit(np.concatenate(features), np.concatenate(targets), np.concatenate(weights))
    fit = (*model.coef_[0].round(3).tolist(), round(float(model.intercept_[0]), 3))
    print(f"text_weights = {fit}   (now: {get_calibration(data.encoder).text_weights})")


def choices(data: RelevanceData, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The choice of the right photo of each present name, and of the best photo of each absent one."""
    rng = np.random.default_rng(size)
    right, wrong = [], []
    for _ in range(1 if size == len(data.vectors) else DRAWS):
        photos = rng.permutation(len(data.vectors))[:size]
        held = [name for name, rows in enumerate(data.owners) if np.isin(rows, photos).any()]
        own, other = data.relevances(photos, np.array(held), rng.permutation(len(data.absent))[:100])
        right.append(own)
        wrong.append(other)
    present = get_calibration(data.encoder).text_weights
    return choice_of(np.concatenate(right), size, present), choice_of(np.concatenate(wrong), size, present)


def choice_of(relevance: np.ndarray, size: int, present: tuple[float, float, float]) -> np.ndarray:
    """The choice behind a relevance: the present fit, read backwards."""
    weight, per_size, intercept = present
    bounded = np.clip(relevance, 1e-6, 1 - 1e-6)
    return (np.log(bounded / (1 - bounded)) - per_size * np.log(size) - intercept) / weight


if __name__ == "__main__":
    main()
