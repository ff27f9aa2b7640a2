"""Advertisements: campaigns matched to what somebody likes and to what is on the page, or not shown at all.

An advertisement is shown for what it says, shows, or names as its audience, where that describes a taste of the visitor
or something on the page: with a probability, read against what else might have been said (`core.search.relevance`), so
that "nothing fits" is an answer. Among those that fit the best comes first, unless it was shown before.
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

CAP = 3  # times that one visit is shown one campaign
_PAGE = 12  # things on the page that are looked at, the first ones
_SEVERAL = 3
_REASONS = 2


@dataclass(frozen=True, eq=False)
class Piece:
    """What of a campaign can fit: kind "text" (what it says), "picture" or "word" (of its audience); `text` is empty
    for a picture. relevance: of its vector."""

    campaign: int
    kind: Literal["text", "picture", "word"]
    text: str
    relevance: Relevance


@dataclass(frozen=True, eq=False)
class Embedded:
    """Campaigns, and the pieces of each that can fit."""

    campaigns: tuple[Campaign, ...]
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Ad:
    """A campaign to be shown, and why.

    score: 0 to 1, the probability that what it says or shows describes what it was matched to. by: "words" where a word
    of its audience fits best, or else "taste" or "page", whichever it was matched to. words: those of its audience that
    fit, the best first. taste: the number of the taste that it was matched to, None for the page. because: ids of the
    likes in that taste, or of the things on the page, that it is nearest to.
    """

    campaign: Campaign
    score: float
    by: By
    words: tuple[str, ...]
    taste: int | None
    reason_item: tuple[str, ...]


def embed_campaigns(encoder: Encoder, campaigns: Sequence[Campaign], *, background: Vectors | None = None) -> Embedded:
    """The vectors of campaigns, and what their scores mean.

    background: (b, dim) a sample of the library (`VectorIndex.background`), which tells how alike two pictures are by
    chance. Raises MediaError for a picture that cannot be read.
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
    """The advertisement that fits best; None where none does, or those that do have been shown often enough.

    tastes: of the visitor, and liked: ids of the likes behind them (`Feed.liked`). page_vectors: (n, dim) of what is on
    the page, and page: its n ids. shown: times that each campaign, by name, was shown in this visit; spent: in all
    visits. floor: probability below which a campaign does not fit.
    """
    shown, spent = shown or {}, spent or {}
    page_vectors = page_vectors[:_PAGE]
    places = np.concatenate([tastes.vectors, page_vectors]) if len(page_vectors) else tastes.vectors
    free = [shown.get(entry.name, 0) < cap and spent.get(entry.name, 0) < entry.budget for entry in embedded.campaigns]
    fitting = [entry for entry in embedded.pieces if free[entry.campaign]]
    if not fitting or not len(places):
        return None
    # the more campaigns and the more places, the more often something fits by accident
    chances = len(places) * sum(free)
    fits = np.stack([_compute_fit(entry, places, chances) for entry in fitting])
    found = _rank_by_placement(fits, len(tastes))
    worn = np.array([1 + shown.get(embedded.campaigns[entry.campaign].name, 0) for entry in fitting])
    best = int(np.argmax(np.where(found.max(axis=1) >= floor, found.max(axis=1) / worn, 0.0)))
    if found[best].max() < floor:
        return None
    piece, place = fitting[best], int(np.argmax(found[best]))
    own = [row for row, entry in enumerate(fitting) if entry.campaign == piece.campaign and entry.kind == "word"]
    words = [row for row in sorted(own, key=lambda row: -found[row].max()) if found[row].max() >= floor]
    on_page = place == len(tastes)
    if on_page:
        behind, named = np.argsort(-fits[best, len(tastes) :], kind="stable"), page
    else:
        behind, named = np.flatnonzero(tastes.liked_tastes == place), liked
    return Ad(
        embedded.campaigns[piece.campaign],
        float(found[best, place]),
        "words" if piece.kind == "word" else "page" if on_page else "taste",
        tuple(fitting[row].text for row in words),
        None if on_page else place,
        tuple(named[entry] for entry in behind[:_REASONS].tolist() if entry < len(named)),
    )


def _rank_by_placement(fits: NDArray[np.float32], tastes: int) -> NDArray[np.float32]:
    """(pieces, tastes + 1): what of (pieces, tastes + page) is said of each taste, and of the page as a whole, which is
    about what several things on it show: the mean of its best three."""
    page = fits[:, tastes:]
    if not page.shape[1]:
        return np.column_stack([fits, np.zeros(len(fits), np.float32)])
    return np.column_stack([fits[:, :tastes], np.sort(page, axis=1)[:, -_SEVERAL:].mean(axis=1)])


def _compute_fit(piece: Piece, places: Vectors, chances: int) -> NDArray[np.float32]:
    return replace(piece.relevance, items=chances).hit_probabilities(places @ piece.relevance.query, places)
