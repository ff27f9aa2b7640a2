"""Matches campaigns to the tastes of a visitor and to the page; shows none if none fits.

The text, picture and audience words of a campaign are each compared with the tastes and the items on the page.
Relevance (`core.search.relevance`) gives the probability that one describes the other. The best fitting campaign is
shown, but less readily the more often it was shown before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder, Vectors
from core.encoders.prompts import embed_texts
from core.media.isolated import open_isolated
from core.recommend.ads.campaigns import Campaign
from core.recommend.tastes import Tastes
from core.search.query import Term
from core.search.relevance import LIKELY, Relevance
from core.utils.blas_threads import limit_to_one_thread

By = Literal["taste", "page", "words"]

CAP = 3  # times that a campaign is shown in one visit
_PAGE = 12  # first items on the page that are compared
_SEVERAL = 3
_REASONS = 2


@dataclass(frozen=True, eq=False)
class Piece:
    """A part of a campaign that can fit: its "text", "picture", or a "word" of its audience. text: empty for a picture.
    relevance: of its vector."""

    campaign: int
    kind: Literal["text", "picture", "word"]
    text: str
    relevance: Relevance


@dataclass(frozen=True, eq=False)
class Embedded:
    """Embedded campaigns and their pieces."""

    campaigns: tuple[Campaign, ...]
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Ad:
    """The chosen campaign and the reason.

    score: 0 to 1, the probability that it fits. by: "words" if a word of its audience fits best, else "taste" or
    "page". words: of its audience that fit, best first. taste: the matched taste, None for the page. reason_item: ids
    of likes of that taste, or of the nearest items on the page.
    """

    campaign: Campaign
    score: float
    by: By
    words: tuple[str, ...]
    taste: int | None
    reason_item: tuple[str, ...]


def embed_campaigns(encoder: Encoder, campaigns: Sequence[Campaign], *, background: Vectors | None = None) -> Embedded:
    """Embeds campaigns and prepares their relevance.

    background: (b, dim) a sample of the library (`VectorIndex.background`), for the similarity of unrelated pictures.
    Raises MediaError for a picture that cannot be read.
    """
    pieces: list[Piece] = []
    for number, campaign in enumerate(campaigns):
        texts = [("text", campaign.text)] if campaign.text.strip() else []
        texts += [("word", word) for word in campaign.words]
        vectors = embed_texts(encoder, [text for _, text in texts])
        sample = vectors if background is None or not len(background) else background
        for (kind, text), vector in zip(texts, vectors, strict=True):
            relevance = Relevance.from_query(encoder, sample, vector, [Term("text", text)], items=1)
            pieces.append(Piece(number, "word" if kind == "word" else "text", text, relevance))
        if campaign.picture is not None:
            vector = encoder.encode_images([open_isolated(campaign.picture, min_side=encoder.min_side)])[0]
            sample = vector[None] if background is None or not len(background) else background
            relevance = Relevance.from_query(encoder, sample, vector, [Term("image", b"")], items=1)
            pieces.append(Piece(number, "picture", "", relevance))
    return Embedded(tuple(campaigns), tuple(pieces))


@limit_to_one_thread()
def choose_ad(
    embedded: Embedded,
    tastes: Tastes,
    page_vectors: Vectors,
    *,
    liked: Sequence[str] = (),
    page: Sequence[str] = (),
    shown: Mapping[str, int] | None = None,
    spent: Mapping[str, int] | None = None,
    cap: int = CAP,
    floor: float = LIKELY,
) -> Ad | None:
    """The advertisement that fits best; None if none fits, or those that do were shown too often.

    Parameters
    ----------
    tastes : Tastes
        Of the visitor.
    page_vectors : array of float, shape (n, dim)
        Of the items on the page.
    liked : sequence of str
        Ids of the likes behind the tastes (`Feed.liked`).
    page : sequence of str, length n
        Ids of the items on the page.
    shown, spent : mapping of str to int, optional
        Times that each campaign, by name, was shown in this visit and in all visits.
    floor : float
        Probability below which a campaign does not fit.
    """
    shown, spent = shown or {}, spent or {}
    page_vectors = page_vectors[:_PAGE]
    places = np.concatenate([tastes.vectors, page_vectors]) if len(page_vectors) else tastes.vectors
    free = [shown.get(entry.name, 0) < cap and spent.get(entry.name, 0) < entry.budget for entry in embedded.campaigns]
    fitting = [entry for entry in embedded.pieces if free[entry.campaign]]
    if not fitting or not len(places):
        return None
    # with more campaigns and places, more fit by accident
    chances = len(places) * sum(free)
    fits = np.stack([_compute_fit(entry, places, chances) for entry in fitting])
    placed = _rank_by_placement(fits, len(tastes))
    worn = np.array([1 + shown.get(embedded.campaigns[entry.campaign].name, 0) for entry in fitting])
    best = int(np.argmax(np.where(placed.max(axis=1) >= floor, placed.max(axis=1) / worn, 0.0)))
    if placed[best].max() < floor:
        return None
    piece, place = fitting[best], int(np.argmax(placed[best]))
    own = [row for row, entry in enumerate(fitting) if entry.campaign == piece.campaign and entry.kind == "word"]
    words = [row for row in sorted(own, key=lambda row: -placed[row].max()) if placed[row].max() >= floor]
    on_page = place == len(tastes)
    if on_page:
        behind, named = np.argsort(-fits[best, len(tastes) :], kind="stable"), page
    else:
        behind, named = np.flatnonzero(tastes.liked_tastes == place), liked
    return Ad(
        embedded.campaigns[piece.campaign],
        float(placed[best, place]),
        "words" if piece.kind == "word" else "page" if on_page else "taste",
        tuple(fitting[row].text for row in words),
        None if on_page else place,
        tuple(named[entry] for entry in behind[:_REASONS].tolist() if entry < len(named)),
    )


def _rank_by_placement(fits: NDArray[np.float32], tastes: int) -> NDArray[np.float32]:
    """(pieces, tastes + 1) fits of (pieces, tastes + page): the page as a whole has the mean of its best three."""
    page = fits[:, tastes:]
    if not page.shape[1]:
        return np.column_stack([fits, np.zeros(len(fits), np.float32)])
    return np.column_stack([fits[:, :tastes], np.sort(page, axis=1)[:, -_SEVERAL:].mean(axis=1)])


def _compute_fit(piece: Piece, places: Vectors, chances: int) -> NDArray[np.float32]:
    return replace(piece.relevance, items=chances).hit_probabilities(places @ piece.relevance.query, places)
