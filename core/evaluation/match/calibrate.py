"""Fits relevance to somebody's own pictures: the weights of an encoder's text queries, from labels or captions.

A half of the pictures and words is fitted, the other half measured, and the other way round. What is saved is fitted to
all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder, Vectors
from core.encoders.calibration import Calibration, get_own_calibration
from core.encoders.fitted_weights import FittedWeights, save_fitted
from core.encoders.precomputed import supports_text
from core.encoders.prompts import embed_texts
from core.encoders.reference_prompts import imagenet_names
from core.errors import DataError
from core.evaluation.match.broad import BroadData, measure_broad
from core.evaluation.match.captioned_things import find_things, read_things
from core.evaluation.match.relevance import RelevanceData
from core.evaluation.match.relevance_fit import FittingData, fit_relevance
from core.library.store import Library
from core.library.track import get_item_vectors
from core.progress import SILENT, Task
from core.search.relevance import LIKELY, weigh_rivals

LEAST_PICTURES, LEAST_WORDS = 40, 6

_LEAST_RIGHT = 4  # pictures that a word needs, so that both halves have some
_MOST_PICTURES = 2_000  # more change little
_ABSENT, _CANDIDATES = 100, 300  # names that no picture shows, among so many: embedding all 1,000 takes a minute
_KIND = 0.02  # weight as a rival of a name two standard deviations nearer to a word than others
_SEVERAL = 3  # captions per picture from which one alone does not count
_STOPPED = "Stopped; the weights are as before."


@dataclass(frozen=True, slots=True)
class DividerFigures:
    """On pictures and words that the fit did not see, 0 to 1. kept: share of present words with a picture of theirs
    above the divider. refused: share of absent names with nothing above it. f1: at the divider, mean over the words."""

    kept: float
    refused: float
    f1: float

    @property
    def mean(self) -> float:
        """Of the three."""
        return (self.kept + self.refused + self.f1) / 3


@dataclass(frozen=True, slots=True)
class CalibrationReport:
    """What was fitted. before: with the weights that the encoder came with. measured: whether those were measured with
    this encoder. saved: whether the new ones are in use; not where measured ones are better."""

    encoder: str
    source: str
    pictures: int
    words: tuple[str, ...]
    absent: int
    before: DividerFigures
    after: DividerFigures
    measured: bool
    saved: bool
    text_weights: tuple[float, float, float]
    closeness_weights: tuple[float, float]


def calibrate_library(
    library: Library,
    encoder: Encoder,
    *,
    labels: Mapping[str, str] | None = None,
    captions: Sequence[tuple[str, str]] | None = None,
    task: Task = SILENT,
) -> CalibrationReport:
    """Fits the weights of text queries and saves them for all searches with this encoder.

    Parameters
    ----------
    library : Library
    encoder : Encoder
    labels : mapping of str to str, optional
        Classes by item id; each name of a class is a word.
    captions : sequence of (str, str), optional
        (item id, caption) pairs. The words are things of everyday life that the captions name (`read_things`); where
        pictures have three captions or more, two must agree.
    task : Task, optional

    Returns
    -------
    CalibrationReport

    Raises
    ------
    DataError
        Too few pictures or words, the encoder has no text tower, or its matches do not tell right pictures from others.
    Cancelled
    """
    if not supports_text(encoder):
        raise DataError(f"{encoder.name} does not read texts, so there are no text queries to calibrate.")
    source = "captions" if labels is None else "labels"
    texts = _group(captions or []) if labels is None else {key: [name] for key, name in labels.items()}
    ids, vectors = _sample_pictures(library, encoder, list(texts))
    words, right = _find_words([texts[key] for key in ids], source)
    pictures, absent = _embed(encoder, vectors, words, right, [text for own in texts.values() for text in own], task)
    halves = [_half(pictures, absent, number) for number in (0, 1)]
    own = get_own_calibration(encoder)
    before, after = [], []
    for fitted, other in task.track([halves, halves[::-1]], "fit", "halves", stopped=_STOPPED):
        before.append(_measure(other, own))
        after.append(_measure(other, _fit(fitted)))
    found = _fit(_join(pictures, absent))
    report = CalibrationReport(
        encoder.name, source, len(ids), words, len(absent), _mean(before), _mean(after), own.is_measured,
        saved=not own.is_measured or _mean(after).mean > _mean(before).mean,
        text_weights=found.text_weights, closeness_weights=found.closeness_weights,
    )  # fmt: skip
    if report.saved:
        about = f"{len(words)} words, {len(ids)} pictures with {source} of {library.name}"
        save_fitted(FittedWeights(encoder.id, found.text_weights, found.closeness_weights, about))
    return report


def _group(captions: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    texts: dict[str, list[str]] = {}
    for item_id, caption in captions:
        texts.setdefault(item_id, []).append(caption)
    return texts


def _sample_pictures(library: Library, encoder: Encoder, item_ids: list[str]) -> tuple[list[str], Vectors]:
    """Up to 2,000 of the items that are seen, in a fixed random order, so that every other one is a fair half."""
    index = library.index(encoder)
    seen = index.items["id"].to_pylist()
    if index.is_seen is not None:
        seen = [item_id for item_id, shown in zip(seen, index.is_seen, strict=True) if shown]
    held = sorted(set(item_ids) & set(seen))
    order = np.random.default_rng(0).permutation(len(held))[:_MOST_PICTURES]
    if len(held) < LEAST_PICTURES:
        raise DataError(
            f"Calibrating needs at least {LEAST_PICTURES} pictures with labels or captions, and vectors of "
            f"{encoder.name}; {library.path} has {len(held)}."
        )
    return get_item_vectors(index, [held[place] for place in order])


def _find_words(texts: list[list[str]], source: str) -> tuple[tuple[str, ...], NDArray[np.bool_]]:
    """The w words, those of most pictures first, and which pictures are right for each: (w, n)."""
    if source == "labels":
        names = tuple(sorted({text for own in texts for text in own}))
        right = np.array([[name in own for own in texts] for name in names])
    else:
        several = np.median([len(own) for own in texts]) >= _SEVERAL
        things = find_things(texts, read_things(), enough=2 if several else 1)
        names, right = things.names, things.present
    counts = right.sum(axis=1)
    order = [word for word in np.argsort(-counts, kind="stable") if _LEAST_RIGHT <= counts[word] < len(texts)]
    if len(order) < LEAST_WORDS:
        what = "classes with" if source == "labels" else "things of everyday life that the captions of"
        rest = "pictures each" if source == "labels" else "pictures name"
        raise DataError(
            f"Calibrating needs at least {LEAST_WORDS} {what} {_LEAST_RIGHT} {rest}; there are {len(order)}: "
            "label more, or give other captions."
        )
    return tuple(names[word] for word in order), right[order]


def _embed(
    encoder: Encoder, vectors: Vectors, words: tuple[str, ...], right: NDArray[np.bool_], texts: Sequence[str],
    task: Task,
) -> tuple[BroadData, Vectors]:  # fmt: skip
    """The pictures with their words, and vectors (a, dim) of names that none of them shows."""
    task.check(_STOPPED)
    queries = embed_texts(encoder, list(words))
    said = f" {' '.join(texts).lower()} "
    others = [name for name in imagenet_names() if name.lower() not in said]
    others = np.random.default_rng(0).permutation(others)[:_CANDIDATES].tolist()
    names = embed_texts(encoder, others)
    # a name that may be a kind of a word ("beagle" of "dog") may well be there
    apart = (weigh_rivals(queries @ names.T) > _KIND).all(axis=0)
    rows = np.flatnonzero(apart)[:_ABSENT]
    if len(rows) < _ABSENT // 4:
        raise DataError(
            "Calibrating needs names of things that no picture shows; these labels or captions name nearly all."
        )
    return BroadData(encoder, vectors, words, queries, right), names[rows]


def _half(pictures: BroadData, absent: Vectors, number: int) -> FittingData:
    """Every other picture, word and absent name."""
    photos = np.arange(number, len(pictures.vectors), 2)
    return _join(pictures.part(range(number, len(pictures.words), 2), photos), absent[number::2])


def _join(pictures: BroadData, absent: Vectors) -> FittingData:
    held = np.flatnonzero(pictures.right.any(axis=1)).tolist()
    pictures = pictures.part(held, np.arange(len(pictures.vectors)))
    owners = [np.flatnonzero(row) for row in pictures.right]
    names = RelevanceData(pictures.encoder, pictures.vectors, pictures.queries, owners, absent)
    return FittingData(names, {"labels": pictures})


def _fit(data: FittingData) -> Calibration:
    found = fit_relevance(data)
    if min(found.text_weights[0], found.closeness_weights[0]) <= 0:
        raise DataError(
            f"{data.names.encoder.name} does not rank the pictures of these words above others, so there can be no "
            "percentage: check that the labels or captions belong to the pictures, or choose another encoder."
        )
    return found


def _measure(data: FittingData, calibration: Calibration) -> DividerFigures:
    own, absent = data.names.calibrated(calibration).relevances()
    (pictures,) = data.broad.values()
    f1 = measure_broad(pictures.calibrated(calibration)).f1
    return DividerFigures(float((own >= LIKELY).mean()), float((absent < LIKELY).mean()), f1)


def _mean(figures: Sequence[DividerFigures]) -> DividerFigures:
    kept, refused, f1 = (
        round(float(np.mean([getattr(entry, name) for entry in figures])), 4) for name in ("kept", "refused", "f1")
    )
    return replace(figures[0], kept=kept, refused=refused, f1=f1)
