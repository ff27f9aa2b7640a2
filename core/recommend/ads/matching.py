"""Matches campaigns to a visitor's tastes and to the page; shows none if none fits.

The text, picture and audience words of a campaign are each compared with the tastes and the items on the page.
Relevance (`core.search.relevance`) gives the probability that one describes the other. The best campaign is shown, but
less readily the more often it was shown before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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

CAP = 3  # most times that a campaign is shown in one visit
_PAGE = 12  # first items on the page that are compared
_BEST_ON_PAGE = 3  # items in the mean that is the fit of a page
_REASONS = 2


@dataclass(frozen=True, eq=False)
class Piece:
    """A part of a campaign that can fit: its "text", its "picture", or a "word" of its audience.

    text: empty for a picture. relevance: of its vector.
    """

    campaign: int
    kind: Literal["text", "picture", "word"]
    text: str
    relevance: Relevance


@dataclass(frozen=True, eq=False)
class Embedded:
    """Embedded campaigns, see `embed_campaigns`.

    Attributes
    ----------
    campaigns : tuple of Campaign
    pieces : tuple of Piece
    """

    campaigns: tuple[Campaign, ...]
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Ad:
    """The chosen campaign and the reason.

    Attributes
    ----------
    campaign : Campaign
    score : float
        Probability that it fits, 0 to 1.
    by : {"taste", "page", "words"}
        "words" if a word of its audience fits best.
    words : tuple of str
        Words of its audience that fit, best first.
    taste : int or None
        The matched taste; None for the page.
    reason_item : tuple of str
        Ids of likes of that taste, or of the nearest items on the page.
    """

    campaign: Campaign
    score: float
    by: By
    words: tuple[str, ...]
    taste: int | None
    reason_item: tuple[str, ...]


def embed_campaigns(encoder: Encoder, campaigns: Sequence[Campaign], *, background: Vectors | None = None) -> Embedded:
    """Embeds campaigns and prepares their relevance.

    Parameters
    ----------
    encoder : Encoder
    campaigns : sequence of Campaign
    background : array of float, shape (b, dim), optional
        A sample of the library (`VectorIndex.background`), for the similarity of unrelated pictures.

    Returns
    -------
    Embedded

    Raises
    ------
    MediaError
        A picture cannot be read.
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
    """Chooses the advertisement that fits best.

    Parameters
    ----------
    embedded : Embedded
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
    cap : int
        Most times that a campaign is shown in one visit.
    floor : float
        Probability below which a campaign does not fit.

    Returns
    -------
    Ad or None
        None if no campaign fits, or if those that fit were shown too often.
    """
    shown, spent = shown or {}, spent or {}
    page_vectors = page_vectors[:_PAGE]
    targets = np.concatenate([tastes.vectors, page_vectors]) if len(page_vectors) else tastes.vectors
    available = [
        shown.get(campaign.name, 0) < cap and spent.get(campaign.name, 0) < campaign.budget
        for campaign in embedded.campaigns
    ]
    pieces = [piece for piece in embedded.pieces if available[piece.campaign]]
    if not pieces or not len(targets):
        return None
    # with more campaigns and targets, more fit by accident
    fits = np.stack([_compute_fit(piece, targets, len(targets) * sum(available)) for piece in pieces])
    scores = _score_page_as_one(fits, len(tastes))
    peaks = scores.max(axis=1)
    fatigue = np.array([1 + shown.get(embedded.campaigns[piece.campaign].name, 0) for piece in pieces])
    best = int(np.argmax(np.where(peaks >= floor, peaks / fatigue, 0.0)))
    if peaks[best] < floor:
        return None
    piece, target = pieces[best], int(np.argmax(scores[best]))
    own = [row for row, other in enumerate(pieces) if other.campaign == piece.campaign and other.kind == "word"]
    words = [row for row in sorted(own, key=lambda row: -peaks[row]) if peaks[row] >= floor]
    is_page = target == len(tastes)
    if is_page:
        reasons, ids = np.argsort(-fits[best, len(tastes) :], kind="stable"), page
    else:
        reasons, ids = np.flatnonzero(tastes.liked_tastes == target), liked
    return Ad(
        embedded.campaigns[piece.campaign],
        float(scores[best, target]),
        "words" if piece.kind == "word" else "page" if is_page else "taste",
        tuple(pieces[row].text for row in words),
        None if is_page else target,
        tuple(ids[number] for number in reasons[:_REASONS].tolist() if number < len(ids)),
    )


def _score_page_as_one(fits: NDArray[np.float32], tastes: int) -> NDArray[np.float32]:
    """Fits (pieces, tastes + 1) from (pieces, tastes + page): the page has the mean of its best three items."""
    page = fits[:, tastes:]
    if not page.shape[1]:
        return np.column_stack([fits, np.zeros(len(fits), np.float32)])
    return np.column_stack([fits[:, :tastes], np.sort(page, axis=1)[:, -_BEST_ON_PAGE:].mean(axis=1)])


def _compute_fit(piece: Piece, targets: Vectors, chances: int) -> NDArray[np.float32]:
    """The probability, 0 to 1, that a piece fits each target, which is the best of so many chances."""
    if not piece.relevance.by_text:
        return piece.relevance.hit_probabilities(targets @ piece.relevance.query, targets)
    return piece.relevance.description_probability(targets, chances)
