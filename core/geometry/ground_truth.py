"""What is known of a library's pictures, captions and classes, and how well each encoder's vectors say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.classify.zero_shot import ClassName, ZeroShot
from core.deprecated import task_keywords
from core.encoders.base import Encoder
from core.encoders.prompts import embed_texts
from core.errors import DataError
from core.geometry.encoder_comparison import find_common_ids
from core.library.store import Library
from core.library.track import get_item_vectors
from core.progress import SILENT, Task
from core.search.query import PLAIN
from core.vectors.ranking_metrics import Recall, compute_best_rank, compute_recall

MOST_CAPTIONS = 2_500

_AT_ONCE = 128


@dataclass(frozen=True, slots=True)
class Retrieval:
    """Recall between the captioned items that all encoders have embedded, and their captions. t2i: caption -> item;
    i2t: item -> any of its captions. chance: what guessing would reach of t2i. pool: items; captions: how many were
    asked, a sample of those given."""

    t2i: Recall
    i2t: Recall
    chance: Recall
    pool: int
    captions: int

    @property
    def is_guessing(self) -> bool:
        """Whether captions find their item among the first 10 no more often than guessing would, give or take luck."""
        return self.t2i.r10 <= _is_guess_level(self.chance.r10, self.pool)


@dataclass(frozen=True, slots=True)
class ZeroShotAccuracy:
    """Zero-shot classes. accuracy: share of items whose best class is theirs; chance: of guessing among the classes;
    commonest: of always saying the most common one."""

    accuracy: float
    chance: float
    commonest: float
    items: int
    classes: int

    @property
    def is_guessing(self) -> bool:
        """Whether it is no better than guessing, or than always saying the most common class, give or take luck."""
        return self.accuracy <= _is_guess_level(max(self.chance, self.commonest), self.items)


@task_keywords
def measure_retrieval(
    library: Library, encoders: Sequence[Encoder], captions: Sequence[tuple[str, str]], *, task: Task = SILENT
) -> list[Retrieval]:
    """How well each encoder finds the items by their captions, and captions by items: on the same items and texts.

    captions: (item id, caption). More than 2,500 are sampled. Captions are embedded as they are. Raises DataError where
    fewer than two captioned items have vectors of all encoders, and Cancelled.
    """
    common = set(find_common_ids(library, encoders))
    pairs = [pair for pair in captions if pair[0] in common]
    if len(pairs) > MOST_CAPTIONS:
        places = np.sort(np.random.default_rng(0).choice(len(pairs), MOST_CAPTIONS, replace=False))
        pairs = [pairs[place] for place in places]
    ids = list(dict.fromkeys(item_id for item_id, _ in pairs))
    if len(ids) < 2:
        raise DataError("Fewer than two pictures with captions have vectors of both encoders: index with both.")
    rows = {item_id: row for row, item_id in enumerate(ids)}
    own = np.array([rows[item_id] for item_id, _ in pairs])[:, None] == np.arange(len(ids))[None]
    chance = Recall(*(min(1.0, k / len(ids)) for k in (1, 5, 10)))
    stage, found = task.stage("read", "captions"), list[Retrieval]()
    for encoder in encoders:
        texts = []
        for first in range(0, len(pairs), _AT_ONCE):
            task.check("Stopped before the encoders were measured.")
            sample = [caption for _, caption in pairs[first : first + _AT_ONCE]]
            texts.append(embed_texts(encoder, sample, templates=PLAIN))
            done, total = len(found) * len(pairs) + first + len(sample), len(encoders) * len(pairs)
            stage.report(done, total)
        scores = np.concatenate(texts) @ get_item_vectors(library.index(encoder), ids)[1].T
        t2i, i2t = compute_recall(compute_best_rank(scores, own)), compute_recall(compute_best_rank(scores.T, own.T))
        found.append(Retrieval(t2i, i2t, chance, len(ids), len(pairs)))
    return found


def measure_zero_shot_accuracy(
    library: Library, encoders: Sequence[Encoder], labels: Mapping[str, str]
) -> list[ZeroShotAccuracy]:
    """How well each encoder tells items (id -> class) by the names of the classes alone, on the same items.

    Raises DataError where fewer than two classes, or items of both encoders, are there.
    """
    ids = [entry for entry in find_common_ids(library, encoders) if entry in labels]
    names = sorted({labels[entry] for entry in ids})
    if len(names) < 2:
        raise DataError("It takes pictures of at least two classes that have vectors of both encoders.")
    truth = np.array([names.index(labels[entry]) for entry in ids])
    commonest = float(np.bincount(truth).max() / len(truth))
    found = []
    for encoder in encoders:
        prompts = ZeroShot.of(encoder, [ClassName(name) for name in names]).vectors
        best = (get_item_vectors(library.index(encoder), ids)[1] @ prompts.T).argmax(axis=1)
        found.append(ZeroShotAccuracy(float((best == truth).mean()), 1.0 / len(names), commonest, len(ids), len(names)))
    return found


def _is_guess_level(share: float, count: int) -> float:
    """What a share reaches by luck among so many: three standard deviations of a binomial above it."""
    return share + 3.0 * float(np.sqrt(share * (1.0 - share) / max(count, 1)))
