"""A model of a log for the items of a library, which scores them for a session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from core.deprecated import task_keywords
from core.encoders.base import Encoder
from core.library.item_lookup import get_item_names
from core.library.store import Library
from core.library.track import get_item_vectors
from core.progress import SILENT, Task
from core.recommend.collaborative import extend_with_content, learn_behavior
from core.recommend.hybrid import HybridModel, learn_blend_weights
from core.recommend.log_reader import InteractionLog, resolve_items


@dataclass(frozen=True, eq=False)
class RecommendModel:
    """A hybrid model of a log, for a library.

    log: with ids of the library; its items are all that have vectors, whether they are in the log or not. unknown:
    item names that the library does not have; their rows were left out. numbers: of the items, by id.
    """

    log: InteractionLog
    hybrid: HybridModel
    unknown: tuple[str, ...]
    numbers: dict[str, int] = field(repr=False)

    def scores(self, session: Sequence[str]) -> dict[str, float]:
        """Item id -> score of any scale for a session of ids, the latest last, as `recommend(behavior=...)` takes it. A
        session without known items gets popular items."""
        known = [self.numbers[item_id] for item_id in dict.fromkeys(session) if item_id in self.numbers]
        scores = self.hybrid.scores(np.array(known, np.int64))
        return dict(zip(self.log.item_names, scores.tolist(), strict=True))


@task_keywords
def learn_from_log(
    library: Library, encoder: Encoder, log: InteractionLog, *, seed: int = 0, task: Task = SILENT
) -> RecommendModel:
    """Learns a hybrid model of content and behavior from a log. Too few interactions leave the weights as they are.

    Parameters
    ----------
    library : Library
    encoder : Encoder
        Of the library's vectors. Items that are not in the log get factors from content.
    log : InteractionLog
        Names its items by any name in `get_item_names(library)`.

    Raises
    ------
    Cancelled
    """
    index = library.index(encoder)
    ids = index.items["id"].take(index.rows_with_vectors).to_pylist()
    with_vectors = set(ids)
    names = get_item_names(library)
    found = ((name, names.get(name, "")) for name in log.item_names)
    known, unknown = resolve_items(log, {name: item_id for name, item_id in found if item_id in with_vectors})
    ids, content = get_item_vectors(index, ids)
    numbers = {item_id: number for number, item_id in enumerate(ids)}
    places = np.array([numbers.get(entry, -1) for entry in known.item_names], np.int64)
    whole = replace(known, items=places[known.items], item_names=tuple(ids))
    behavior = learn_behavior(whole, methods=("als",), seed=seed, task=task)
    weights = learn_blend_weights(whole, content, seed=seed, task=task)
    return RecommendModel(
        whole, HybridModel(content, extend_with_content(behavior, content), weights), unknown, numbers
    )
