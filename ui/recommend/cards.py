"""What stands in the feed: the recommendations, the cards that something was said of, or what a search found."""

from __future__ import annotations

from collections.abc import Mapping

from core import Encoder, Filters, Item, Library, Term
from core.recommend.feed import By, Feed, Recommendation, recommend
from core.recommend.feedback import Reaction
from core.recommend.model import RecommendModel
from ui.components.feed.feed import FeedCard, Reason
from ui.components.gallery.gallery import chance_text
from ui.recommend.session import Visit, get_items
from ui.recommend.settings import Settings
from ui.session.cache import get_cached
from ui.widgets.filters import Options
from ui.widgets.image_search import find

PAGE = 24
_WHY: dict[By, str] = {
    "content": "Because you liked",
    "both": "By your likes and others",
    "behaviour": "Others chose it",
    "popularity": "What others liked most",
    "exploration": "A try, drawn at random",
    "other": "Something else",
}
_TITLES: dict[By, str] = {
    "content": "It is near these likes",
    "both": "It is near these likes, and people with such likes went on to it",
    "behaviour": "People with such likes went on to it",
    "other": "No nearer to your likes than unrelated things are: nothing nearer is left, or diversity asks for it",
}
_COSINE = (
    "Cosine with your taste, -1 to 1, less half of its nearness to what you dislike. Compare it within one feed only."
)
_STANDING = "How far above the middle of the candidates it stands, -1 to 1. Compare it within one feed only."
_HELD: dict[Reaction | None, str] = {
    "like": "You like this: the feed has turned to it",
    "dislike": "You dislike this: the feed has turned away",
    None: "Taken back",
}


def make_feed(
    library: Library, encoder: Encoder, visit: Visit, settings: Settings, model: RecommendModel | None
) -> Feed:
    """The feed of a visit as it is now, computed once for as long as nothing about it changes."""
    said, held = visit.feedback, tuple(visit.held)
    liked, disliked = tuple(said.liked), tuple(said.disliked)
    model = model if settings.mix else None

    def compute() -> Feed:
        return recommend(
            library, encoder, liked, disliked, seen={*said.seen, *held}, k=PAGE - len(held),
            diversity=settings.diversity, exploration=settings.exploration,
            behavior=model.scores(liked) if model is not None else None, mix=settings.mix, seed=visit.turn,
        )  # fmt: skip

    key = (encoder.id, liked, disliked, frozenset(said.seen), held, visit.turn, settings, id(model))
    return get_cached("recommend feed", key, library.index(encoder), compute)


def make_cards(library: Library, encoder: Encoder, visit: Visit, feed: Feed) -> list[FeedCard]:
    """The recommendations, and among them the cards that something was said of, where they were."""
    because = get_items(library, encoder, {entry for one in feed.recommendations for entry in one.because})
    cards = [FeedCard(entry.item, None, _reason(entry, because), entry.time_s) for entry in feed.recommendations]
    held = get_items(library, encoder, visit.held)
    for item_id, place in sorted(visit.held.items(), key=lambda pair: pair[1]):
        if item_id in held:
            said = visit.feedback.get_reaction(item_id)
            cards.insert(place, FeedCard(held[item_id], said, Reason(_HELD[said])))
    return cards


def search_cards(library: Library, encoder: Encoder, visit: Visit, words: str) -> list[FeedCard]:
    """What a search finds, to be liked."""
    result = find(library, encoder, (Term("text", words),), Filters(), Options(PAGE, fold=True, templates=None))
    title = "Estimated probability that this is what the words mean"
    return [
        FeedCard(
            hit.item, visit.feedback.get_reaction(hit.item.id), Reason(chance_text(hit.relevance), title), hit.start_s
        )
        for hit in result.hits
    ]


def _reason(one: Recommendation, items: Mapping[str, Item]) -> Reason:
    because = tuple(items[entry] for entry in one.because if entry in items)
    if one.by in ("exploration", "popularity"):
        return Reason(_WHY[one.by])
    title = _COSINE if one.by in ("content", "other") else _STANDING
    return Reason(_WHY[one.by], _TITLES[one.by], because, f"{one.score:.2f}", title)
