"""Measures queries of several terms, "dog + water - beach", on photos whose captions name such things together."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder, Vectors
from core.encoders.prompts import embed_texts
from core.errors import DataError
from core.evaluation.datasets import embed_files, read_pairs, unique
from core.evaluation.match.captioned_things import CaptionedThings, find_things, read_things
from core.progress import SILENT, Task
from core.search.combine import COMBINATIONS, combine_terms
from core.search.query import Term
from core.vectors.ranking_metrics import compute_average_precision

KINDS = ("a + b", "a + b + c", "a - b", "a + b - c", "photo + b", "photo - b")

_LEAST = 3  # photos that a query must be right for
_SAME = 0.85  # things of which nearly all photos have both are no two things: surfboard, ocean
_TYPICAL = 2.0  # standard deviations above the mean from which a photo rather has a thing than not
_RANKS = 60  # of reciprocal rank fusion, as in Cormack et al. 2009


@dataclass(frozen=True, slots=True)
class WayFigures:
    """Means over queries, 0 to 1.

    Attributes
    ----------
    chosen_on, reported_on : float
        Average precision on the half of the queries for choosing a way, and on the other half.
    p10 : float
        Share of right photos among the first ten, or among as many as there are, on the other half.
    """

    chosen_on: float
    reported_on: float
    p10: float


@dataclass(frozen=True, slots=True)
class TermsReport:
    """Figures by kind of query and way of combining. queries: their number by kind. images: photos."""

    images: int
    things: int
    queries: dict[str, int]
    figures: dict[str, dict[str, WayFigures]]
    encoder: str
    skipped: tuple[tuple[str, str], ...] = ()


def evaluate_terms(
    encoder: Encoder, images: Path, captions: Path, *, things: Path | None = None, most: int = 160, task: Task = SILENT
) -> TermsReport:
    """Average precision of queries of several terms, for each way of combining terms.

    A photo has a thing if at least two of its captions name it, and lacks it if none does; others are left out.

    Parameters
    ----------
    encoder : Encoder
    images : Path
        Folder.
    captions : Path
        CSV with the columns image, caption; several captions per image.
    things : Path, optional
        See `read_things`.
    most : int
        Most queries of each kind, a fixed random sample.
    task : Task, optional

    Returns
    -------
    TermsReport

    Raises
    ------
    DataError
        A file cannot be read, or the captions name too few things together.
    """
    pairs = read_pairs(captions, "image", "caption")
    embedded = embed_files(encoder, images, unique(name for name, _ in pairs), task=task)
    known = find_things(embedded.group_texts(pairs), read_things(things))
    measured = _Measured(encoder, embedded.vectors, known)
    queries = {kind: _sample_queries(known, kind, most) for kind in KINDS}
    queries = {kind: own for kind, own in queries.items() if len(own) > 1}
    if not queries:
        raise DataError(
            f"{captions} names too few things together: give more photos, or a table of other words (things)."
        )
    stage = task.stage("measure", "kinds of queries")
    figures: dict[str, dict[str, WayFigures]] = {}
    for kind, own in queries.items():
        task.check("Stopped before all queries were measured.")
        figures[kind] = measured.measure(own)
        stage.report(len(figures), len(queries))
    counts = {kind: len(own) for kind, own in queries.items()}
    skipped = tuple(embedded.skipped.items())
    return TermsReport(len(embedded.vectors), len(known.names), counts, figures, encoder.name, skipped)


@dataclass(frozen=True, slots=True)
class _Query:
    """Numbers of things that are wanted and not wanted, and of a photo that stands for the first of them."""

    wanted: tuple[int, ...]
    unwanted: tuple[int, ...] = ()
    photo: int | None = None

    def judge(self, known: CaptionedThings) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """(photos,) which are right, and which are right or wrong."""
        wanted, unwanted = list(self.wanted), list(self.unwanted)
        right = np.asarray(known.present[wanted].all(axis=0) & known.absent[unwanted].all(axis=0))
        judged = np.asarray(right | known.absent[wanted].any(axis=0) | known.present[unwanted].any(axis=0))
        if self.photo is not None:
            judged[self.photo] = False
        return right & judged, judged


def _sample_queries(known: CaptionedThings, kind: str, most: int) -> list[_Query]:
    rng = np.random.default_rng(0)
    found = [
        query
        for query in _list_queries(known, kind, rng)
        if query.judge(known)[0].sum() >= _LEAST
        and not any(known.imply(*two, _SAME) for two in itertools.combinations(query.wanted + query.unwanted, 2))
    ]
    return [found[place] for place in rng.permutation(len(found))[:most]]


def _list_queries(known: CaptionedThings, kind: str, rng: np.random.Generator) -> Iterator[_Query]:
    """Queries about things that are named together: without that, "a - b" and "a" ask the same."""
    terms = kind.split(" ")[::2]
    for chosen in itertools.permutations(range(len(known.names)), len(terms)):
        if known.present[list(chosen)].all(axis=0).sum() < _LEAST:
            continue
        wanted = chosen if "-" not in kind else chosen[:-1]
        if list(wanted) != sorted(wanted) and terms[0] != "photo":
            continue  # a + b is b + a
        # the photo to start from lacks what is added, or has what is taken away
        added = known.absent if "-" not in kind else known.present
        photos = np.flatnonzero(known.present[chosen[0]] & added[chosen[-1]])
        if terms[0] != "photo":
            yield _Query(wanted, chosen[len(wanted) :])
        elif len(photos):
            yield _Query(wanted, chosen[len(wanted) :], int(rng.choice(photos)))


class _Measured:
    def __init__(self, encoder: Encoder, photos: Vectors, known: CaptionedThings) -> None:
        self._encoder, self._photos, self._known = encoder, photos, known
        self._cosines: dict[Term, NDArray[np.float32]] = {}

    def measure(self, queries: Sequence[_Query]) -> dict[str, WayFigures]:
        rows: dict[str, list[tuple[float, float]]] = {}
        for query in queries:
            right, judged = query.judge(self._known)
            for way, scores in self._score(query).items():
                order = np.argsort(-scores[judged], kind="stable")
                rows.setdefault(way, []).append(measure_precision(right[judged][order]))
        half = len(queries) // 2
        means = {way: (np.mean(own[:half], axis=0), np.mean(own[half:], axis=0)) for way, own in rows.items()}
        return {
            way: WayFigures(*(round(float(figure), 4) for figure in (first[0], second[0], second[1])))
            for way, (first, second) in means.items()
        }

    def _score(self, query: _Query) -> dict[str, NDArray[np.float64]]:
        """(photos,) scores by way of combining."""
        words = (*query.wanted, *query.unwanted)
        terms = [Term("text", self._known.names[n], -1.0 if n in query.unwanted else 1.0) for n in words]
        if query.photo is not None:
            terms[0] = Term("item", str(query.photo))
        scores = {way: self._sum(combine_terms(terms, way)) for way in COMBINATIONS}
        signs = np.array([[term.weight] for term in terms])
        cosines = np.array([self._cosine(term) for term in terms], np.float64)
        usual = np.ones(cosines.shape[1], bool)
        if query.photo is not None:
            usual[query.photo] = False  # its cosine of 1 is no other's
        mean, std = cosines[:, usual].mean(axis=1, keepdims=True), cosines[:, usual].std(axis=1, keepdims=True)
        standardized = (cosines - mean) / (std + 1e-9)
        log_probability = -np.logaddexp(0.0, -signs * (standardized - _TYPICAL))
        ranks = (-cosines).argsort(axis=1).argsort(axis=1) + 1
        return scores | {
            "standardized": (signs * standardized).sum(axis=0),
            "product": log_probability.sum(axis=0),
            "minimum": log_probability.min(axis=0),
            "rank_fusion": (signs / (_RANKS + ranks)).sum(axis=0),
        }

    def _sum(self, terms: Sequence[Term]) -> NDArray[np.float64]:
        return np.sum([term.weight * self._cosine(term).astype(np.float64) for term in terms], axis=0)

    def _cosine(self, term: Term) -> NDArray[np.float32]:
        """(photos,) the cosines of a term of weight 1."""
        key = Term(term.kind, term.value)
        if key not in self._cosines:
            text = str(term.value)
            vector = self._photos[int(text)] if term.kind == "item" else embed_texts(self._encoder, [text])[0]
            self._cosines[key] = self._photos @ vector
        return self._cosines[key]


def measure_precision(right: NDArray[np.bool_]) -> tuple[float, float]:
    """Average precision of a ranking, and precision at ten.

    Parameters
    ----------
    right : ndarray of bool, shape (n,)
        Which items are right, best rank first; at least one is.

    Returns
    -------
    tuple of float
        Both 0 to 1. With fewer than ten right items, the second is the share of them that are among the first ten.
    """
    return compute_average_precision(right), float(right[:10].sum() / min(10, right.sum()))
