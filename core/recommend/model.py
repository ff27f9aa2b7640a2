"""The hybrid model of a log for the items of a library, which scores them for a session."""

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

    Attributes
    ----------
    log : InteractionLog
        With ids of the library; its items are all that have vectors, in the log or not.
    hybrid : HybridModel
    unknown : tuple of str
        Item names that the library does not have; their rows are left out.
    numbers : dict of str to int
        Item numbers by id.
    """

    log: InteractionLog
    hybrid: HybridModel
    unknown: tuple[str, ...]
    numbers: dict[str, int] = field(repr=False)

    def scores(self, session: Sequence[str]) -> dict[str, float]:
        """Scores of any scale by item id, as `recommend(behavior=...)` takes them.

        session: item ids, the latest last; without known items, popular items score highest.
        """
        known = [self.numbers[item_id] for item_id in dict.fromkeys(session) if item_id in self.numbers]
        scores = self.hybrid.scores(np.array(known, np.int64))
        return dict(zip(self.log.item_names, scores.tolist(), strict=True))


@task_keywords
def learn_from_log(
    library: Library, encoder: Encoder, log: InteractionLog, *, seed: int = 0, task: Task = SILENT
) -> RecommendModel:
    """Learns a hybrid model of content and behavior from a log; too few interactions leave the weights unchanged.

    Parameters
    ----------
    library : Library
    encoder : Encoder
        Of the library's vectors. Items that are not in the log get factors from content.
    log : InteractionLog
        Its items have any name in `get_item_names(library)`.
    seed : int
    task : Task, optional

    Returns
    -------
    RecommendModel

    Raises
    ------
    Cancelled
    """
    index = library.index(encoder)
    ids = index.items["id"].take(index.rows_with_vectors).to_pylist()
    with_vectors = set(ids)
    names = get_item_names(library)
    ids_in_log = ((name, names.get(name, "")) for name in log.item_names)
    known, unknown = resolve_items(log, {name: item_id for name, item_id in ids_in_log if item_id in with_vectors})
    ids, content = get_item_vectors(index, ids)
    numbers = {item_id: number for number, item_id in enumerate(ids)}
    numbers_in_log = np.array([numbers.get(item_id, -1) for item_id in known.item_names], np.int64)
    whole = replace(known, items=numbers_in_log[known.items], item_names=tuple(ids))
    behavior = learn_behavior(whole, methods=("als",), seed=seed, task=task)
    weights = learn_blend_weights(whole, content, seed=seed, task=task)
    return RecommendModel(
        whole, HybridModel(content, extend_with_content(behavior, content), weights), unknown, numbers
    )
