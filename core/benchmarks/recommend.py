"""Milliseconds from a like to the feed that takes it into account, beside one search of the same library."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from core.benchmarks.map import mixture
from core.benchmarks.pipeline import median_ms
from core.encoders.base import Encoder
from core.errors import DataError
from core.library import Item, Library
from core.library.schema import VectorRow
from core.recommend.feed import recommend

_LEAST = 100


def bench_recommend(encoder: Encoder, *, items: int) -> dict[str, Any]:
    """Medians over a library of synthetic vectors (a mixture of Gaussians on the sphere): a feed of 20 for 1, 5 and 50
    likes, and for 5 with scores of behaviour for all items; "nearest" is one search for the 300 nearest items, and
    "ratio" what a feed for 5 likes takes of it. Raises DataError for fewer than 100 items."""
    if items < _LEAST:
        raise DataError(f"There is nothing to time: the number of items must be at least {_LEAST}.")
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as place:
        library, ids = _library(encoder, items, Path(place) / "library")
        index = library.index(encoder)
        query = index.vectors(np.arange(1))[0]
        rest = dict(zip(ids, rng.random(items).tolist(), strict=True))
        drawn = [ids[number] for number in rng.choice(items, 50, replace=False)]
        figures = {
            "nearest": median_ms(lambda: index.search(query, 300)),
            "1_like": median_ms(lambda: recommend(library, encoder, drawn[:1])),
            "5_likes": median_ms(lambda: recommend(library, encoder, drawn[:5])),
            "50_likes": median_ms(lambda: recommend(library, encoder, drawn)),
            "5_likes_and_behaviour": median_ms(lambda: recommend(library, encoder, drawn[:5], behavior=rest)),
        }
    ratio = round(figures["5_likes"] / max(figures["nearest"], 1e-3), 1)
    return {"items": items, "dim": encoder.dim, "milliseconds": figures, "ratio": ratio}


def _library(encoder: Encoder, items: int, place: Path) -> tuple[Library, list[str]]:
    library = Library(place, create=True)
    ids = [f"{number:024}" for number in range(items)]
    vectors = mixture(items, encoder.dim)
    library.add_vectors(encoder, [VectorRow(item_id, row) for item_id, row in zip(ids, vectors, strict=True)])
    library.put_items([Item(entry, f"/{entry}.jpg", "image", "ok", 1, 1) for entry in ids])
    return library, ids
