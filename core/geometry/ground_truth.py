"""Ground truth of a library (captions and classes), and how well each encoder's vectors agree with it."""

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
    """Recall between captioned items that all encoders have embedded and their captions.

    Attributes
    ----------
    t2i, i2t : Recall
        Caption to item, and item to any of its captions.
    chance : Recall
        Of a random order, caption to item.
    pool : int
        Items.
    captions : int
        Captions used, a sample of those given.
    """

    t2i: Recall
    i2t: Recall
    chance: Recall
    pool: int
    captions: int

    @property
    def is_guessing(self) -> bool:
        """Whether captions find their item among the first 10 no more often than by chance (three standard errors)."""
        return self.t2i.r10 <= _is_guess_level(self.chance.r10, self.pool)


@dataclass(frozen=True, slots=True)
class ZeroShotAccuracy:
    """Accuracy of zero-shot classification.

    Attributes
    ----------
    accuracy : float
        Share of items whose best class is correct.
    chance : float
        Of guessing a class at random.
    commonest : float
        Of always predicting the most common class.
    items, classes : int
    """

    accuracy: float
    chance: float
    commonest: float
    items: int
    classes: int

    @property
    def is_guessing(self) -> bool:
        """Whether it does not exceed guessing or the most common class by three standard errors."""
        return self.accuracy <= _is_guess_level(max(self.chance, self.commonest), self.items)


@task_keywords
def measure_retrieval(
    library: Library, encoders: Sequence[Encoder], captions: Sequence[tuple[str, str]], *, task: Task = SILENT
) -> list[Retrieval]:
    """How well each encoder finds items by their captions, and captions by items, on the same items and captions.

    Parameters
    ----------
    library : Library
    encoders : sequence of Encoder
    captions : sequence of (str, str)
        Item id and caption, which is embedded without templates. More than 2,500 are sampled.
    task : Task, optional

    Returns
    -------
    list of Retrieval

    Raises
    ------
    DataError
        Fewer than two captioned items have vectors of all encoders.
    Cancelled
    """
    common = set(find_common_ids(library, encoders))
    pairs = [pair for pair in captions if pair[0] in common]
    if len(pairs) > MOST_CAPTIONS:
        sample = np.sort(np.random.default_rng(0).choice(len(pairs), MOST_CAPTIONS, replace=False))
        pairs = [pairs[number] for number in sample]
    ids = list(dict.fromkeys(item_id for item_id, _ in pairs))
    if len(ids) < 2:
        raise DataError("Fewer than two captioned pictures have vectors of both encoders: index the library with both.")
    rows = {item_id: row for row, item_id in enumerate(ids)}
    own = np.array([rows[item_id] for item_id, _ in pairs])[:, None] == np.arange(len(ids))[None]
    chance = Recall(*(min(1.0, k / len(ids)) for k in (1, 5, 10)))
    stage, results = task.stage("read", "captions"), list[Retrieval]()
    for encoder in encoders:
        texts = []
        for first in range(0, len(pairs), _AT_ONCE):
            task.check("Stopped before the encoders were measured.")
            batch = [caption for _, caption in pairs[first : first + _AT_ONCE]]
            texts.append(embed_texts(encoder, batch, templates=PLAIN))
            stage.report(len(results) * len(pairs) + first + len(batch), len(encoders) * len(pairs))
        scores = np.concatenate(texts) @ get_item_vectors(library.index(encoder), ids)[1].T
        t2i, i2t = compute_recall(compute_best_rank(scores, own)), compute_recall(compute_best_rank(scores.T, own.T))
        results.append(Retrieval(t2i, i2t, chance, len(ids), len(pairs)))
    return results


def measure_zero_shot_accuracy(
    library: Library, encoders: Sequence[Encoder], labels: Mapping[str, str]
) -> list[ZeroShotAccuracy]:
    """How well each encoder classifies the same items by the names of the classes alone.

    Parameters
    ----------
    library : Library
    encoders : sequence of Encoder
    labels : mapping of str to str
        Classes by item id.

    Returns
    -------
    list of ZeroShotAccuracy

    Raises
    ------
    DataError
        There are fewer than two classes among the items that all encoders have embedded.
    """
    ids = [item_id for item_id in find_common_ids(library, encoders) if item_id in labels]
    names = sorted({labels[item_id] for item_id in ids})
    if len(names) < 2:
        raise DataError("Both encoders need vectors of pictures of at least two classes.")
    truth = np.array([names.index(labels[item_id]) for item_id in ids])
    commonest = float(np.bincount(truth).max() / len(truth))
    accuracies = []
    for encoder in encoders:
        prompts = ZeroShot.of(encoder, [ClassName(name) for name in names]).vectors
        best = (get_item_vectors(library.index(encoder), ids)[1] @ prompts.T).argmax(axis=1)
        accuracy = float((best == truth).mean())
        accuracies.append(ZeroShotAccuracy(accuracy, 1.0 / len(names), commonest, len(ids), len(names)))
    return accuracies


def _is_guess_level(share: float, count: int) -> float:
    """Three standard errors of a binomial above a share."""
    return share + 3.0 * float(np.sqrt(share * (1.0 - share) / max(count, 1)))
