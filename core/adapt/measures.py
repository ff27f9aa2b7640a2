"""What adapting changes: the same measurement before and after, of what was adapted and of what was not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.adapt.examples import Examples
from core.adapt.training import Maps
from core.encoders.base import Vectors
from core.vectors.ranking_metrics import compute_best_rank

_MOST = 1_000  # pictures that captions are searched among, a fixed random sample


@dataclass(frozen=True, slots=True)
class Figure:
    """One measurement, a share from 0 to 1, of both encoders.

    Attributes
    ----------
    of : str
        What was measured, in words.
    measure : str
        Such as "top-1".
    count : int
        Pictures, captions or prompts that it was measured on.
    before, after : float
        With the base and with the adapted encoder.
    """

    of: str
    measure: str
    count: int
    before: float
    after: float


def measure_examples(of: str, examples: Examples, maps: Maps) -> list[Figure]:
    """Labels: how often the right class is the nearest. Captions: recall at 1 and 10, from caption to picture."""
    if examples.source == "captions":
        return _measure_captions(of, examples, maps)
    right = examples.matches()
    before = _find_nearest(examples.images, examples.text_vectors)
    after = _find_nearest(maps.images.apply(examples.images), maps.texts.apply(examples.text_vectors))
    rows = np.arange(len(examples))
    return [_make_figure(of, "top-1", right[rows, before], right[rows, after])]


def measure_neighbors(of: str, held: Examples, learned: Examples, maps: Maps) -> list[Figure]:
    """How often the nearest labelled picture of a held-out one has the same label; nothing for captions."""
    if held.source == "captions":
        return []
    own, theirs = (_get_classes(part) for part in (held, learned))
    before = theirs[_find_nearest(held.images, learned.images)] == own
    after = theirs[_find_nearest(maps.images.apply(held.images), maps.images.apply(learned.images))] == own
    return [_make_figure(of, "nearest picture of the same class", before, after)]


def measure_unlabeled(images: Vectors, prompts: Vectors, maps: Maps) -> list[Figure]:
    """How many pictures (n, dim) without a label keep the reference prompt (k, dim) that describes them best."""
    best = _find_nearest(images, prompts)
    now = _find_nearest(maps.images.apply(images), maps.texts.apply(prompts))
    return [_make_figure("other pictures", "same best words", np.ones(len(best), bool), best == now)]


def _measure_captions(of: str, examples: Examples, maps: Maps) -> list[Figure]:
    if len(examples) > _MOST:
        rows = np.sort(np.random.default_rng(0).choice(len(examples), _MOST, replace=False))
        examples = examples.take(rows)
    right = examples.matches().T
    before = compute_best_rank(examples.text_vectors @ examples.images.T, right)
    texts, images = maps.texts.apply(examples.text_vectors), maps.images.apply(examples.images)
    after = compute_best_rank(texts @ images.T, right)
    return [_make_figure(of, f"R@{k}", before < k, after < k) for k in (1, 10)]


def _make_figure(of: str, measure: str, before: Iterable[bool], after: Iterable[bool]) -> Figure:
    first, last = (np.asarray(hits, float) for hits in (before, after))
    return Figure(of, measure, len(first), round(float(first.mean()), 4), round(float(last.mean()), 4))


def _find_nearest(rows: Vectors, others: Vectors) -> NDArray[np.int64]:
    return np.asarray((rows @ others.T).argmax(axis=1), np.int64)


def _get_classes(examples: Examples) -> NDArray[np.int64]:
    """(n,) the class of each picture."""
    numbers = np.empty(len(examples), np.int64)
    numbers[examples.pairs[:, 0]] = examples.pairs[:, 1]
    return numbers
