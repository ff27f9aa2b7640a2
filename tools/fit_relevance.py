"""Fits the text weights of an encoder: python tools/fit_relevance.py --data DIR

DIR is that of `tools/broad_data.py`. Two things are fitted, see core/search/relevance.py:

- presence: whether a library has what a query means. Libraries of 10 to 400 labelled photos are asked for names of
  their own photos and for names that they lack, and larger ones for broad words (`tools/data/broad_words.csv`) that
  some photos show, or none. The intercept is moved so that REFUSED of the absent names are below the line.
- closeness: which photos are right for a broad word that the library has. Each word counts the same.

Prints the weights, to be written into core/encoders/calibration.py. With `--halves`, each half of the words and photos
is fitted alone, and the figures are those of the other half.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from broad_data import write_tables

from core.encoders import open_encoder
from core.encoders.calibration import Calibration, get_calibration
from core.evaluation import BroadData, RelevanceData, load_broad_data, load_relevance_data, measure_broad
from core.search.relevance import LIKELY

WORDS = Path(__file__).parent / "data" / "broad_words.csv"
SIZES, DRAWS = (10, 25, 50, 100, 200), 4
SIZE_SHARE = 0.6  # weight of ln(items / rank) relative to the log posterior
REFUSED = 0.72  # of the absent names; a little more than the aim, since other photos differ
KINDS = {"names": 1.0, "labels": 0.5, "captions": 0.5, "absent names": 1.4, "absent words": 0.6}


@dataclass(frozen=True)
class Data:
    """What is fitted and measured on: `names` has narrow names, `broad` words of labels and of captions."""

    names: RelevanceData
    broad: dict[str, BroadData]

    def half(self, number: int) -> Data:
        """Every other photo and word."""
        photos = np.arange(number, len(self.names.vectors), 2)
        broad = {
            source: data.part(range(number, len(data.words), 2), np.arange(number, len(data.vectors), 2))
            for source, data in self.broad.items()
        }
        return Data(self.names.part(photos, number), broad)


@dataclass(frozen=True)
class Evidence:
    """What queries of one kind find in a library of n items: log posteriors (n,) of each, falling."""

    kind: str
    posteriors: list[NDArray[np.float64]]

    def strongest(self) -> NDArray[np.float64]:
        """(queries,) the best rank's log posterior less its share of ln(items / rank)."""
        found = []
        for values in self.posteriors:
            ranks = np.arange(1, max(1, len(values) // 3) + 1)
            found.append((values[: len(ranks)] - SIZE_SHARE * np.log(len(values) / ranks)).max())
        return np.array(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--encoder", default="embedded")
    parser.add_argument("--halves", action="store_true", help="measure on the half that was not fitted")
    options = parser.parse_args()
    data = read_data(options.data, options.encoder)
    if options.halves:
        parts = [data.half(number) for number in (0, 1)]
        for fitted, other in (parts, parts[::-1]):
            report(other, fit(fitted))
    weights = fit(data)
    print(f"text_weights={weights.text_weights}, closeness_weights={weights.closeness_weights}")


def read_data(folder: Path, encoder_name: str) -> Data:
    """Embeds the photos and words."""
    encoder = open_encoder(encoder_name)
    with tempfile.TemporaryDirectory() as tables:
        write_tables(folder, Path(tables))
        labels, captions = (Path(tables) / f"{name}.csv" for name in ("labels", "captions"))
        broad = {
            "labels": load_broad_data(encoder, folder, WORDS, labels=labels),
            "captions": load_broad_data(encoder, folder, WORDS, captions=captions),
        }
    labelled = folder / "labelled"
    return Data(load_relevance_data(encoder, labelled / "images", labelled / "labels.csv"), broad)


def fit(data: Data) -> Calibration:
    """The calibration of the encoder with text weights of these data."""
    evidence = [*name_evidence(data.names), *word_evidence(data.broad)]
    strongest = [entry.strongest() for entry in evidence]
    counts = Counter({kind: 0 for kind in KINDS})
    for entry, values in zip(evidence, strongest, strict=True):
        counts[entry.kind] += len(values)
    found = [
        (values, not entry.kind.startswith("absent"), 1000 * KINDS[entry.kind] / counts[entry.kind])
        for entry, values in zip(evidence, strongest, strict=True)
    ]
    present, weights = (np.concatenate([np.full(len(row[0]), row[part]) for row in found]) for part in (1, 2))
    model = LogisticRegression(C=100).fit(np.concatenate(strongest)[:, None], present, weights)
    slope = float(model.coef_[0, 0])
    largest = next(entry for entry in evidence[::-1] if entry.kind == "absent names")
    line = float(np.quantile(largest.strongest(), REFUSED))
    intercept = float(np.log(LIKELY / (1 - LIKELY))) - slope * line
    text = (round(slope, 3), round(-SIZE_SHARE * slope, 3), round(intercept, 3))
    return replace(get_calibration(data.names.encoder), text_weights=text, closeness_weights=fit_closeness(data.broad))


def name_evidence(data: RelevanceData) -> Iterator[Evidence]:
    """Names in libraries of rising size; the last is of all photos."""
    rng = np.random.default_rng(0)
    owned, absent = data.posteriors()
    sizes = [size for size in SIZES for _ in range(DRAWS) if size < len(data.vectors)]
    for size in [*sizes, len(data.vectors)]:
        photos = rng.permutation(len(data.vectors))[:size]
        held = [name for name, rows in enumerate(data.owners) if np.isin(rows, photos).any()]
        yield Evidence("names", [np.sort(owned[name, photos])[::-1] for name in held])
        yield Evidence("absent names", [np.sort(row)[::-1] for row in absent[:, photos]])


def word_evidence(broad: dict[str, BroadData]) -> Iterator[Evidence]:
    """Broad words in all photos of their source."""
    for source, data in broad.items():
        found = [np.sort(data.read(word).log_posterior(data.vectors))[::-1] for word in range(len(data.words))]
        present = data.right.any(axis=1)
        yield Evidence(source, [values for values, there in zip(found, present, strict=True) if there])
        yield Evidence("absent words", [values for values, there in zip(found, present, strict=True) if not there])


def fit_closeness(broad: dict[str, BroadData]) -> tuple[float, float]:
    """Weight of the height, and the intercept with which the line has the best F1 over both sources."""
    found = {source: list(measure_heights(data)) for source, data in broad.items()}
    every = [entry for entries in found.values() for entry in entries]
    heights, right = (np.concatenate(parts) for parts in zip(*every, strict=True))
    sample = np.concatenate([np.full(len(values), 1000 / len(values)) for values, _ in every])
    slope = float(LogisticRegression(C=100).fit(heights[:, None], right, sample).coef_[0, 0])
    lines = np.arange(0.3, 0.9, 0.01)
    shares = [
        np.mean([[f1_share(*entry, line) for line in lines] for entry in entries], axis=0) for entries in found.values()
    ]
    line = float(lines[np.mean(shares, axis=0).argmax()])
    return round(slope, 3), round(float(np.log(LIKELY / (1 - LIKELY))) - slope * line, 3)


def measure_heights(data: BroadData) -> Iterator[tuple[NDArray[np.float64], NDArray[np.bool_]]]:
    """Heights of the photos for each word that some show, falling, and which of them are right."""
    for word in np.flatnonzero(data.right.any(axis=1)).tolist():
        reading = data.read(word)
        heights = reading.height(reading.log_posterior(data.vectors))
        order = np.argsort(-heights, kind="stable")
        yield heights[order], data.right[word][order]


def f1_share(heights: NDArray[np.float64], right: NDArray[np.bool_], line: float) -> float:
    """F1 of the photos above a line, as a share of the best cut's."""
    hits = np.cumsum(right)
    f1 = 2 * hits / (np.arange(1, len(hits) + 1) + hits[-1])
    above = int((heights >= line).sum())
    return float(f1[above - 1] / f1.max()) if above else 0.0


def report(data: Data, calibration: Calibration) -> None:
    """Prints the figures of data under a calibration."""
    measured = {source: measure_broad(part.calibrated(calibration)) for source, part in data.broad.items()}
    own, absent = data.names.calibrated(calibration).relevances()
    print(f"names: kept {(own >= LIKELY).mean():.3f}, refused {(absent < LIKELY).mean():.3f}")
    for source, found in measured.items():
        print(
            f"{source}: {found.present} words, F1 {found.f1:.3f} (best {found.best_f1:.3f}, "
            f"share {found.f1_share:.3f}), "
            f"precision {found.precision:.3f} (best {found.best_precision:.3f}), recall {found.recall:.3f}, "
            f"refused {found.refused:.3f} of {found.absent}, AP {found.average_precision:.3f} "
            f"(cosine {found.by_cosine:.3f})"
        )


if __name__ == "__main__":
    main()
