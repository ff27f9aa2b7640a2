"""Fits the text weights of an encoder: python tools/fit_relevance.py --data DIR

DIR is that of `tools/broad_data.py`. `core/evaluation/match/relevance_fit.py` has what is fitted: libraries of 10 to
400 labelled photos are asked for names of their own photos and for names that they lack, and larger ones for broad
words (`tools/data/broad_words.csv`) that some photos show, or none.

Prints the weights, to be written into core/encoders/calibration.py. With `--halves`, each half of the words and photos
is fitted alone, and the figures are those of the other half.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from broad_data import write_tables

from core.encoders import open_encoder
from core.encoders.calibration import Calibration
from core.evaluation import load_broad_data, load_relevance_data, measure_broad
from core.evaluation.match.relevance_fit import FittingData, fit_relevance
from core.search.relevance import LIKELY

WORDS = Path(__file__).parent / "data" / "broad_words.csv"


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
            report(other, fit_relevance(fitted))
    weights = fit_relevance(data)
    print(f"text_weights={weights.text_weights}, closeness_weights={weights.closeness_weights}")


def read_data(folder: Path, encoder_name: str) -> FittingData:
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
    return FittingData(load_relevance_data(encoder, labelled / "images", labelled / "labels.csv"), broad)


def report(data: FittingData, calibration: Calibration) -> None:
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
