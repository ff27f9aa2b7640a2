"""The cards of the feed: recommendations, cards with a reaction, or search results."""

from __future__ import annotations

from collections.abc import Mapping

from core import Encoder, Filters, Item, Library, Term
from core.recommend.feed import By, Feed, Recommendation, recommend
from core.recommend.feedback import Reaction
from core.recommend.model import RecommendModel
from core.search.match_text import describe_match
from ui.components.feed.feed import FeedCard, Reason
from ui.recommend.session import Visit, get_items
from ui.recommend.settings import Settings
from ui.session.cache import get_cached
from ui.widgets.filters import Options
from ui.widgets.query.image_search import find

PAGE = 24
_WHY: dict[By, str] = {
    "content": "Because you liked",
    "both": "Your likes and others",
    "behaviour": "Others chose it",
    "popularity": "Popular with others",
    "exploration": "Random pick",
    "other": "Something else",
}
_TITLES: dict[By, str] = {
    "content": "Similar to these likes",
    "both": "Similar to these likes, and chosen by people with similar likes",
    "behaviour": "Chosen by people with similar likes",
    "other": "No closer to your likes than unrelated items: nothing closer is left, or diversity asks for it",
}
_COSINE = "Cosine to your taste, -1 to 1, minus half its similarity to your dislikes. Compare it within one feed only."
_STANDING = "How far it ranks above the middle of the candidates, -1 to 1. Compare it within one feed only."
_HELD: dict[Reaction | None, str] = {
    "like": "You like this: the feed follows it",
    "dislike": "You dislike this: the feed avoids it",
    None: "Undone",
}


def make_feed(
    library: Library, encoder: Encoder, visit: Visit, settings: Settings, model: RecommendModel | None
) -> Feed:
    """The current feed of a visit, cached until its inputs change."""
    feedback, held = visit.feedback, tuple(visit.held)
    liked, disliked = tuple(feedback.liked), tuple(feedback.disliked)
    model = model if settings.mix else None

    def compute() -> Feed:
        return recommend(
            library, encoder, liked, disliked, seen={*feedback.seen, *held}, k=PAGE - len(held),
            diversity=settings.diversity, exploration=settings.exploration,
            behavior=model.scores(liked) if model is not None else None, mix=settings.mix, seed=visit.turn,
        )  # fmt: skip

    key = (encoder.id, liked, disliked, frozenset(feedback.seen), held, visit.turn, settings, id(model))
    return get_cached("recommend feed", key, library.index(encoder), compute)


def make_cards(library: Library, encoder: Encoder, visit: Visit, feed: Feed) -> list[FeedCard]:
    """The recommendations, and among them the cards with a reaction, at their places."""
    because = get_items(library, encoder, {item_id for one in feed.recommendations for item_id in one.because})
    cards = [FeedCard(one.item, None, _reason(one, because), one.time_s) for one in feed.recommendations]
    held = get_items(library, encoder, visit.held)
    for item_id, place in sorted(visit.held.items(), key=lambda pair: pair[1]):
        if item_id in held:
            reaction = visit.feedback.get_reaction(item_id)
            cards.insert(place, FeedCard(held[item_id], reaction, Reason(_HELD[reaction])))
    return cards


def search_cards(library: Library, encoder: Encoder, visit: Visit, words: str) -> list[FeedCard]:
    """The results of a search as cards to like."""
    result = find(library, encoder, (Term("text", words),), Filters(), Options(PAGE, fold=True, templates=None))
    title = "Estimated probability that this is what the words mean"
    return [
        FeedCard(hit.item, visit.feedback.get_reaction(hit.item.id), Reason(describe_match(hit), title), hit.shown_s)
        for hit in result.hits
    ]


def _reason(one: Recommendation, items: Mapping[str, Item]) -> Reason:
    because = tuple(items[item_id] for item_id in one.because if item_id in items)
    if one.by in ("exploration", "popularity"):
        return Reason(_WHY[one.by])
    title = _COSINE if one.by in ("content", "other") else _STANDING
    return Reason(_WHY[one.by], _TITLES[one.by], because, f"{one.score:.2f}", title)
