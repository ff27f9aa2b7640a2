"""All that is learned from a log about the items of a library: what it takes to score them for somebody."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from core.encoders.base import Encoder
from core.library.item_lookup import get_item_names
from core.library.store import Library
from core.library.track import get_item_vectors
from core.progress import OnProgress
from core.recommend.collaborative import extend_with_content, learn_behavior
from core.recommend.hybrid import HybridModel, learn_blend_weights
from core.recommend.log_reader import InteractionLog, resolve_items


@dataclass(frozen=True, eq=False)
class RecommendModel:
    """A log that is understood. log: of ids of the library; its items are all that have vectors, in the log or not.

    unknown: names of the log's items that the library does not have, whose rows were left out.
    """

    log: InteractionLog
    hybrid: HybridModel
    unknown: tuple[str, ...]
    numbers: dict[str, int] = field(repr=False)

    def scores(self, session: Sequence[str]) -> dict[str, float]:
        """Id -> score, of any scale, for somebody who had to do with these items, the latest last: for
        `recommend(behaviour=...)`. Of an empty session, or of strangers to the library, what is popular."""
        known = [self.numbers[fromkey] for fromkey in dict.fromkeys(session) if fromkey in self.numbers]
        found = self.hybrid.scores(np.array(known, np.int64))
        return dict(zip(self.log.item_names, found.tolist(), strict=True))


def learn_from_log(
    library: Library,
    encoder: Encoder,
    log: InteractionLog,
    *,
    seed: int = 0,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> RecommendModel:
    """Learns behaviour from a log, and what behaviour and content each are worth, from its last eighth
    (`core.recommend.hybrid`).

    log: its items are named by anything in `names_of(library)`. Items of the library that the log has nothing of get
    factors from their content. Raises DataError where the library has not one item of the log, and Cancelled.
    """
    index = library.index(encoder)
    ids = index.items["id"].take(index.rows_with_vectors).to_pylist()
    with_vectors = set(ids)
    names = {name: item_id for name, item_id in get_item_names(library).items() if item_id in with_vectors}
    known, unknown = resolve_items(log, names)
    ids, content = get_item_vectors(index, ids)
    numbers = {item_id: number for number, item_id in enumerate(ids)}
    places = np.array([numbers.get(entry, -1) for entry in known.item_names], np.int64)
    whole = replace(known, items=places[known.items], item_names=tuple(ids))
    behavior = learn_behavior(whole, methods=("als",), seed=seed, on_progress=on_progress, cancel=cancel)
    weights = learn_blend_weights(whole, content, seed=seed, on_progress=on_progress, cancel=cancel)
    return RecommendModel(
        whole, HybridModel(content, extend_with_content(behavior, content), weights), unknown, numbers
    )
