"""Simulated visitors with two tastes each, on labelled photos: what content recommendations make of five likes.

    python tools/simulate_visitors.py --images DIR --labels CSV

CSV has the columns image and label. A visitor likes photos of two labels, three of one and two of the other, no others.
Then the first ten recommendations are counted: how many are of either label (precision@10), the share of the smaller
taste among these, whether it is 0.3 or more, and how many of the ten are of the label that is served worse. Beside it
the nearest photos to the mean of all likes, and photos drawn at random.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from core.encoders import open_encoder
from core.encoders.base import unit_rows
from core.evaluation.datasets import read_pairs, require_one_each
from core.library import Library, ingest
from core.library.track import get_item_vectors
from core.recommend.feed import recommend

_LIKES = (3, 2)
_SHOWN = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--labels", type=Path, required=True, help="CSV with the columns image and label")
    parser.add_argument("--visitors", type=int, default=200)
    options = parser.parse_args()
    encoder = open_encoder()
    with tempfile.TemporaryDirectory() as place:
        library = Library(Path(place) / "library", create=True)
        label = require_one_each(read_pairs(options.labels, "image", "label"), options.labels)
        ingest(library, encoder, [options.images / name for name in label])
        print(json.dumps(simulate(library, encoder, label, options.visitors)))


def simulate(library, encoder, label, visitors):  # type: ignore[no-untyped-def]
    """Means over visitors, by method: precision@10, and the smaller taste's share of what was right."""
    rng = np.random.default_rng(0)
    items = library.items().to_pylist()
    truth = {item["id"]: label[Path(item["path"]).name] for item in items if item["status"] == "ok"}
    ids, vectors = get_item_vectors(library.index(encoder), list(truth))
    names = sorted(name for name in set(truth.values()) if sum(entry == name for entry in truth.values()) >= 10)
    precision = {"tastes": [], "mean": [], "random": []}
    smaller = {"tastes": [], "mean": []}
    both_served = {"tastes": [], "mean": []}
    worse = {"tastes": [], "mean": [], "random": []}
    for visitor in range(visitors):
        target = rng.choice(names, 2, replace=False)
        liked = [
            str(entry)
            for name, count in zip(target, _LIKES, strict=True)
            for entry in rng.choice([entry for entry in ids if truth[entry] == name], count, replace=False)
        ]
        feed = recommend(library, encoder, liked, k=_SHOWN, exploration=0.0, seed=visitor)
        shown = {"tastes": [entry.item.id for entry in feed.recommendations]}
        mean = unit_rows(vectors[[ids.index(entry) for entry in liked]].mean(axis=0)[None])[0]
        rest = [ids[row] for row in np.argsort(-(vectors @ mean)) if ids[row] not in liked]
        shown |= {"mean": rest[:_SHOWN], "random": [str(entry) for entry in rng.choice(rest, _SHOWN, replace=False)]}
        for method, found in shown.items():
            right = [truth[entry] for entry in found if truth[entry] in target]
            precision[method].append(len(right) / _SHOWN)
            worse[method].append(min(right.count(name) for name in target) / _SHOWN)
            if method != "random" and right:
                smaller[method].append(min(right.count(name) for name in target) / len(right))
                both_served[method].append(smaller[method][-1] >= 0.3)
    return {
        "visitors": visitors,
        "photos": len(ids),
        "precision_at_10": {name: round(float(np.mean(found)), 3) for name, found in precision.items()},
        "precision_of_worse_served": {name: round(float(np.mean(found)), 3) for name, found in worse.items()},
        "smaller_taste": {name: round(float(np.mean(found)), 3) for name, found in smaller.items()},
        "both_served": {name: round(float(np.mean(found)), 3) for name, found in both_served.items()},
    }


if __name__ == "__main__":
    main()
