"""Texts on a map that is laid out already: each stands among the pictures nearest to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder
from core.encoders.prompts import embed_texts
from core.explore.atlas import Atlas
from core.library.points import Points

_AMONG = 5  # of its nearest points, those of the nearest one's cluster give a text its place


def add_texts(atlas: Atlas, encoder: Encoder, texts: Sequence[str]) -> Atlas:
    """The map with these texts as further points; the others stay where they are, and clusters hold none of them.

    Cosines rank the pictures, so the modality gap does not matter: a text stands in the mean of its five nearest
    points, without those of other clusters than the nearest one's, as a mean of two clusters lies in neither.

    Raises EncoderError.
    """
    texts = tuple(dict.fromkeys(text.strip() for text in texts if text.strip()))
    points = atlas.points
    if not texts or not (points.item_rows >= 0).any():
        return atlas
    vectors = embed_texts(encoder, texts)
    places = np.stack([_place(atlas, vector) for vector in vectors]).astype(atlas.places.dtype)
    clusters = replace(atlas.clusters, labels=np.append(atlas.clusters.labels, np.full(len(texts), -1)))
    more = points.with_texts(texts, vectors)
    return replace(atlas, points=more, places=np.concatenate([atlas.places, places]), clusters=clusters)


def find_near(points: Points, number: int, count: int) -> NDArray[np.int64]:
    """The numbers of the pictures and videos nearest to a point by cosine, nearest first; of documents without them."""
    return _nearest(points, points.vectors[number], count)


def _place(atlas: Atlas, vector: NDArray[np.float32]) -> NDArray[np.float32]:
    near = _nearest(atlas.points, vector, _AMONG)
    of = atlas.clusters.labels[near]
    place: NDArray[np.float32] = atlas.places[near[of == of[0]]].mean(axis=0)
    return place


def _nearest(points: Points, vector: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Documents only where nothing else is: being texts, they are nearer to any text than a picture of it."""
    seen = ~points.from_text
    own = np.flatnonzero(seen if seen.any() else points.item_rows >= 0)
    cosines = points.vectors[own] @ vector
    return own[np.argsort(-cosines, kind="stable")[:count]]
