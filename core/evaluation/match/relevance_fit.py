"""Fits the weights of text queries of an encoder: whether a library has what words mean, and which pictures show it.

- presence: libraries of rising size are asked for names of their own photos and for names that they lack, and the whole
  one for broad words. The intercept is moved so that `_REFUSED` of the absent names are below the line.
- closeness: which photos are right for a word that the library has. Each word counts the same; the line is where F1 is
  best.

`core.search.relevance` has the formulas.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from core.encoders.calibration import Calibration, get_own_calibration
from core.evaluation.match.broad import BroadData
from core.evaluation.match.relevance import RelevanceData
from core.search.relevance import LIKELY
from core.vectors.ranking_metrics import compute_f1_at_cuts

_SIZES, _DRAWS = (10, 25, 50, 100, 200), 4
_SIZE_SHARE = 0.6  # weight of ln(items / rank) relative to the log posterior
_REFUSED = 0.72  # of the absent names; a little more than the aim, since other photos differ
_KINDS = {"names": 1.0, "labels": 0.5, "captions": 0.5, "absent names": 1.4, "absent words": 0.6}


@dataclass(frozen=True)
class FittingData:
    """What is fitted and measured on: `names` has narrow names, `broad` words of labels and of captions."""

    names: RelevanceData
    broad: dict[str, BroadData]

    def half(self, number: int) -> FittingData:
        """Every other photo and word."""
        photos = np.arange(number, len(self.names.vectors), 2)
        broad = {
            source: data.part(range(number, len(data.words), 2), np.arange(number, len(data.vectors), 2))
            for source, data in self.broad.items()
        }
        return FittingData(self.names.part(photos, number), broad)


@dataclass(frozen=True)
class _Evidence:
    """What queries of one kind find in a library of n items: log posteriors (n,) of each, falling."""

    kind: str
    posteriors: list[NDArray[np.float64]]

    def strongest(self) -> NDArray[np.float64]:
        """(queries,) the best rank's log posterior less its share of ln(items / rank)."""
        found = []
        for values in self.posteriors:
            ranks = np.arange(1, max(1, len(values) // 3) + 1)
            found.append((values[: len(ranks)] - _SIZE_SHARE * np.log(len(values) / ranks)).max())
        return np.array(found)


def fit_relevance(data: FittingData) -> Calibration:
    """The calibration of the encoder with text weights of these data."""
    evidence = [*_name_evidence(data.names), *_word_evidence(data.broad)]
    strongest = [entry.strongest() for entry in evidence]
    counts = Counter({kind: 0 for kind in _KINDS})
    for entry, values in zip(evidence, strongest, strict=True):
        counts[entry.kind] += len(values)
    found = [
        (values, not entry.kind.startswith("absent"), 1000 * _KINDS[entry.kind] / max(1, counts[entry.kind]))
        for entry, values in zip(evidence, strongest, strict=True)
    ]
    present, weights = (np.concatenate([np.full(len(row[0]), row[part]) for row in found]) for part in (1, 2))
    model = LogisticRegression(C=100).fit(np.concatenate(strongest)[:, None], present, weights)
    slope = float(model.coef_[0, 0])
    largest = next(entry for entry in evidence[::-1] if entry.kind == "absent names")
    line = float(np.quantile(largest.strongest(), _REFUSED))
    intercept = float(np.log(LIKELY / (1 - LIKELY))) - slope * line
    text = (round(slope, 3), round(-_SIZE_SHARE * slope, 3), round(intercept, 3))
    return replace(
        get_own_calibration(data.names.encoder), text_weights=text, closeness_weights=_fit_closeness(data.broad)
    )


def _name_evidence(data: RelevanceData) -> Iterator[_Evidence]:
    """Names in libraries of rising size; the last is of all photos."""
    rng = np.random.default_rng(0)
    owned, absent = data.posteriors()
    sizes = [size for size in _SIZES for _ in range(_DRAWS) if size < len(data.vectors)]
    for size in [*sizes, len(data.vectors)]:
        photos = rng.permutation(len(data.vectors))[:size]
        held = [name for name, rows in enumerate(data.owners) if np.isin(rows, photos).any()]
        yield _Evidence("names", [np.sort(owned[name, photos])[::-1] for name in held])
        yield _Evidence("absent names", [np.sort(row)[::-1] for row in absent[:, photos]])


def _word_evidence(broad: dict[str, BroadData]) -> Iterator[_Evidence]:
    """Broad words in all photos of their source."""
    for source, data in broad.items():
        found = [np.sort(data.read(word).log_posterior(data.vectors))[::-1] for word in range(len(data.words))]
        present = np.asarray(data.right.any(axis=1), bool).tolist()
        yield _Evidence(source, [values for values, there in zip(found, present, strict=True) if there])
        yield _Evidence("absent words", [values for values, there in zip(found, present, strict=True) if not there])


def _fit_closeness(broad: dict[str, BroadData]) -> tuple[float, float]:
    """Weight of the height, and the intercept with which the line has the best F1 over both sources."""
    found = {source: list(_measure_heights(data)) for source, data in broad.items()}
    every = [entry for entries in found.values() for entry in entries]
    heights, right = (np.concatenate(parts) for parts in zip(*every, strict=True))
    sample = np.concatenate([np.full(len(values), 1000 / len(values)) for values, _ in every])
    slope = float(LogisticRegression(C=100).fit(heights[:, None], right, sample).coef_[0, 0])
    lines = np.arange(0.3, 0.9, 0.01)
    shares = [
        np.mean([[_f1_share(*entry, line) for line in lines] for entry in entries], axis=0)
        for entries in found.values()
    ]
    line = float(lines[np.mean(shares, axis=0).argmax()])
    return round(slope, 3), round(float(np.log(LIKELY / (1 - LIKELY))) - slope * line, 3)


def _measure_heights(data: BroadData) -> Iterator[tuple[NDArray[np.float64], NDArray[np.bool_]]]:
    """Heights of the photos for each word that some show, falling, and which of them are right."""
    for word in np.flatnonzero(data.right.any(axis=1)).tolist():
        reading = data.read(word)
        heights = reading.height(reading.log_posterior(data.vectors))
        order = np.argsort(-heights, kind="stable")
        yield heights[order], data.right[word][order]


def _f1_share(heights: NDArray[np.float64], right: NDArray[np.bool_], line: float) -> float:
    """F1 of the photos above a line, as a share of the best cut's."""
    f1 = compute_f1_at_cuts(right)
    above = int((heights >= line).sum())
    return float(f1[above - 1] / f1.max()) if above else 0.0
