"""All that is learned from a log about the items of a library: what it takes to score them for somebody."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from core.encoders.base import Encoder, Vectors
from core.errors import Cancelled
from core.library.store import Library
from core.progress import OnProgress
from core.recommend.behaviour import from_content, learn_behaviour
from core.recommend.both import Blend, learn_blend, without_items
from core.recommend.items import names_of
from core.recommend.log import Log, resolved
from core.track import wholes_of

_HELD_OUT = 0.1  # share of the interactions, the last ones, that the weights of the blend are learned on
_PRETENDED_COLD = 0.2  # share of the items that the blend is taught as if they were new
_LEAST = 200  # interactions below which there is nothing to hold out


@dataclass(frozen=True, eq=False)
class Learned:
    """A log that is understood. log: of ids of the library; its items are all that have vectors, in the log or not.

    unknown: names of the log's items that the library does not have, whose rows were left out.
    """

    log: Log
    blend: Blend
    unknown: tuple[str, ...]
    numbers: dict[str, int] = field(repr=False)

    def scores(self, session: Sequence[str]) -> dict[str, float]:
        """Id -> score, of any scale, for somebody who had to do with these items, the latest last: for
        `recommend(behaviour=...)`. Of an empty session, or of strangers to the library, what is popular."""
        known = [self.numbers[each] for each in dict.fromkeys(session) if each in self.numbers]
        found = self.blend.scores(np.array(known, np.int64))
        return dict(zip(self.log.item_names, found.tolist(), strict=True))


def learn_from_log(
    library: Library,
    encoder: Encoder,
    log: Log,
    *,
    seed: int = 0,
    on_progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> Learned:
    """Learns behaviour from a log, and what behaviour and content each are worth, from its last tenth.

    log: its items are named by anything in `names_of(library)`. Items of the library that the log has nothing of get
    factors from their content. Raises DataError where the library has not one item of the log, and Cancelled.
    """
    index = library.index(encoder)
    ids = index.items["id"].take(index.rows_with_vectors).to_pylist()
    with_vectors = set(ids)
    names = {name: item_id for name, item_id in names_of(library).items() if item_id in with_vectors}
    known, unknown = resolved(log, names)
    ids, content = wholes_of(index, ids)
    numbers = {item_id: number for number, item_id in enumerate(ids)}
    places = np.array([numbers.get(each, -1) for each in known.item_names], np.int64)
    whole = replace(known, items=places[known.items], item_names=tuple(ids))
    blend = _blended(whole, content, seed, on_progress, cancel)
    return Learned(whole, blend, unknown, numbers)


def _blended(
    log: Log, content: Vectors, seed: int, on_progress: OnProgress | None, cancel: threading.Event | None
) -> Blend:
    behaviour = learn_behaviour(log, seed=seed, on_progress=on_progress, cancel=cancel)
    rows = np.arange(len(log)) < round((1 - _HELD_OUT) * len(log))
    first = without_items(log.part(rows), _PRETENDED_COLD, seed=seed) if len(log) >= _LEAST else log
    before = learn_behaviour(first, seed=seed, cancel=cancel)
    if cancel is not None and cancel.is_set():
        raise Cancelled("Stopped before the log was learned from.")
    weights = learn_blend(first, content, before, log.part(~rows), seed=seed).weights
    return Blend(content, from_content(behaviour, content), weights)
