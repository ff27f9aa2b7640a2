"""How softly searches fail that are misspelt or not English: python tools/measure_softness.py --images DIR --table CSV

Fifty queries (data/soft_queries.csv) are searched as they are typed and as they are meant. A search fails softly if its
best photo is no longer called a match; it does not fail if it still finds what was meant.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from core.encoders import DEFAULT_ENCODER, open_encoder
from core.encoders.base import Encoder, Vectors
from core.evaluation.datasets import embed_files, unique
from core.search.query import Term
from core.search.relevance import LIKELY, Relevance
from core.tables.table_reader import read_table

QUERIES = Path(__file__).parent / "data" / "soft_queries.csv"
_FIRST = 10


def search(encoder: Encoder, photos: Vectors, text: str) -> tuple[float, set[int]]:
    """Relevance of the best photo, and the first ten photos."""
    query = encoder.encode_texts([text])[0]
    scores = photos @ query
    first = np.argsort(-scores)[:_FIRST]
    relevance = Relevance.from_query(encoder, photos, query, [Term("text", text)], items=len(photos))
    return float(relevance.hit_probabilities(scores[first], photos[first]).max()), set(first.tolist())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=Path, required=True, metavar="DIR")
    parser.add_argument("--table", type=Path, required=True, metavar="CSV", help="column image: which of the pictures")
    parser.add_argument("--encoder", default=DEFAULT_ENCODER, metavar="NAME")
    given = parser.parse_args()
    encoder = open_encoder(given.encoder)
    photos = embed_files(encoder, given.images, unique(read_table(given.table).texts("image"))).vectors
    table = read_table(QUERIES)
    kinds = np.array(table.texts("kind"))
    typed, meant = ([search(encoder, photos, text) for text in table.texts(column)] for column in ("query", "meant"))
    same = np.array([len(a & b) / _FIRST for (_, a), (_, b) in zip(typed, meant, strict=True)])
    relevance = np.array([[a, b] for (a, _), (b, _) in zip(typed, meant, strict=True)])
    print(f"{'':<12}{'queries':>8}{'relevance typed / meant':>26}{'matches typed / meant':>24}{'same of 10':>12}")
    for name, chosen in [("all", kinds != ""), ("misspelt", kinds == "misspelt"), ("not English", kinds != "misspelt")]:
        mean, likely = relevance[chosen].mean(axis=0), (relevance[chosen] >= LIKELY).mean(axis=0)
        print(
            f"{name:<12}{chosen.sum():>8}{mean[0]:>17.2f} / {mean[1]:.2f}{likely[0]:>17.2f} / {likely[1]:.2f}"
            f"{same[chosen].mean():>12.2f}"
        )


if __name__ == "__main__":
    main()
