"""Measures the search of texts: questions over passages, by what could serve them, and by the search that does.

Each method ranks all passages of a question. "search" is `core.search.search_texts`, over a library of the passages.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from core.encoders.base import Encoder, Vectors, unit_rows
from core.encoders.sentences import open_sentence_encoder
from core.errors import DataError
from core.library.ingest.sentences import embed_passages
from core.library.schema import Item, Passage, VectorRow
from core.library.store import Library
from core.media.modalities import TEXT
from core.media.modality import Segment
from core.progress import SILENT, Task
from core.search.passages.search import search_texts
from core.search.passages.words import find_coverage
from core.search.query import Term
from core.search.relevance import LIKELY
from core.vectors.ranking_metrics import compute_best_rank

_RANK_CONSTANT = 60  # of reciprocal rank fusion, as published
_OPTIONAL = ("unanswerable.jsonl", "follow_ups.jsonl")


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the number of the passage that answers it (None: none does), what kind of question it is, words of
    the sentence that answers, and of a follow-up the question before.
    """

    text: str
    passage: int | None
    kind: str = ""
    answer: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Passages, questions that they answer, questions that they do not, and questions that lean on another one."""

    passages: tuple[str, ...]
    questions: tuple[Question, ...]
    unanswerable: tuple[Question, ...]
    follow_ups: tuple[Question, ...] = ()


@dataclass(frozen=True, slots=True)
class Ranking:
    """Share of the questions whose passage comes first, or among the first five; mean reciprocal rank; ties count
    against the method. kinds: the same by kind of question.
    """

    hit1: float
    hit5: float
    mrr: float
    kinds: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class TextReport:
    """How questions find passages. methods: by name. no_answer_auc: how well the best match tells questions with an
    answer from those without, 0.5 to 1; None without such questions. likely, likely_unanswerable: the share of both
    whose best match is likely.
    """

    passages: int
    questions: int
    methods: Mapping[str, Ranking]
    no_answer_auc: float | None
    likely: float
    likely_unanswerable: float | None
    encoder: str


def read_question_set(folder: Path) -> QuestionSet:
    """Reads `passages.jsonl` (id, text), `questions.jsonl` (passage, question, kind, answer) and, where they are there,
    `unanswerable.jsonl` (question) and `follow_ups.jsonl` (passage, question, answer, after: the id of a question).
    Raises DataError.
    """
    passages = _read_rows(folder / "passages.jsonl")
    numbers = {row["id"]: number for number, row in enumerate(passages)}
    asked = _read_rows(folder / "questions.jsonl")
    unanswerable, follow_ups = (_read_rows(folder / name, optional=True) for name in _OPTIONAL)
    try:
        texts = {row["id"]: row["question"] for row in asked if "id" in row}
        questions = [_make_question(row, numbers) for row in asked]
        others = [Question(row["question"], None) for row in unanswerable]
        later = [_make_question(row, numbers, after=texts[row["after"]]) for row in follow_ups]
    except KeyError as error:
        raise DataError(f"A row of the questions in {folder} lacks {error}, or names what is not there.") from None
    return QuestionSet(tuple(row["text"] for row in passages), tuple(questions), tuple(others), tuple(later))


def _make_question(row: Mapping[str, str], passages: Mapping[str, int], *, after: str = "") -> Question:
    return Question(row["question"], passages[row["passage"]], row.get("kind", ""), row.get("answer", ""), after)


def evaluate_texts(encoder: Encoder, folder: Path, *, task: Task = SILENT) -> TextReport:
    """Hit rates of questions over passages.

    Parameters
    ----------
    encoder : Encoder
        Its vectors, their parts and the search are compared.
    folder : Path
        See `read_question_set`.
    task : Task, optional

    Returns
    -------
    TextReport

    Raises
    ------
    DataError
        A file is missing or is not as described.
    """
    data = read_question_set(folder)
    asked = [*data.questions, *data.unanswerable]
    with make_passage_library(encoder, data.passages, task=task) as library:
        found, covered = _search_all(library, encoder, asked, len(data.passages), task)
    scores = _compare_vectors(encoder, data)
    count = len(data.questions)
    scores["words"] = covered[:count]
    scores["rank fusion"] = fuse_ranks(scores["sentence encoder"], covered[:count])
    scores["search"] = found[:count]
    best = found.max(axis=1)
    is_answered = np.arange(len(asked)) < count
    return TextReport(
        passages=len(data.passages),
        questions=count,
        methods={name: _rank(data.questions, values) for name, values in scores.items()},
        no_answer_auc=round(float(roc_auc_score(is_answered, best)), 4) if data.unanswerable else None,
        likely=_share_likely(best[is_answered]),
        likely_unanswerable=_share_likely(best[~is_answered]) if data.unanswerable else None,
        encoder=encoder.name,
    )


@contextmanager
def make_passage_library(encoder: Encoder, passages: Sequence[str], *, task: Task = SILENT) -> Iterator[Library]:
    """A library for the time being, in which the passages 0, 1, ... are documents of these names."""
    with tempfile.TemporaryDirectory() as folder:
        library = Library(Path(folder) / "library", create=True)
        with library.writing():
            put_documents(library, encoder, passages, task=task)
        yield library


def put_documents(library: Library, encoder: Encoder, passages: Sequence[str], *, task: Task = SILENT) -> None:
    """Adds documents of one passage each, named by their numbers. The caller holds the library for writing."""
    ids = [f"text{number}" for number in range(len(passages))]
    segments = [Segment(0.0, float(len(text))) for text in passages]
    rows = zip(ids, passages, strict=True)
    library.put_passages([Passage(item_id, 0, len(text), text) for item_id, text in rows])
    vectors = zip(ids, encoder.encode_texts(passages), segments, strict=True)
    library.add_vectors(encoder, [VectorRow(item_id, vector, segment) for item_id, vector, segment in vectors])
    items = [Item(item_id, f"/{number}", TEXT.name, "ok", 0, 0) for number, item_id in enumerate(ids)]
    library.put_items(items)
    embed_passages(library, task=task)


def fuse_ranks(*scores: NDArray[np.floating]) -> NDArray[np.float64]:
    """Reciprocal rank fusion (Cormack 2009) of scores (queries, items); what scores 0 or less has no rank."""
    fused = np.zeros(scores[0].shape)
    for values in scores:
        ranks = np.argsort(np.argsort(-values, axis=1, kind="stable"), axis=1)
        fused += np.where(values > 0, 1 / (_RANK_CONSTANT + 1 + ranks), 0.0)
    return fused


def _search_all(
    library: Library, encoder: Encoder, questions: Sequence[Question], passages: int, task: Task
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(questions, passages): the matches of the search, 0 where it finds nothing, and the evidence of words."""
    found, covered = np.zeros((2, len(questions), passages))
    for row, question in enumerate(task.track(questions, "search", "questions", stopped="Stopped.")):
        for hit in search_texts(library, encoder, [Term("text", question.text)], top_k=passages).hits:
            found[row, int(Path(hit.item.path).name)] = hit.relevance
        coverage = find_coverage(library, question.text, passages=passages)
        covered[row, [int(item_id.as_py().removeprefix("text")) for item_id in coverage.item_ids]] = coverage.evidence
    return found, covered


def _compare_vectors(encoder: Encoder, data: QuestionSet) -> dict[str, NDArray[np.floating]]:
    """Cosines (questions, passages) by the encoder, by the parts of its vectors, and by the sentence encoder."""
    texts = [question.text for question in data.questions]
    asked, stored = encoder.encode_texts(texts), encoder.encode_texts(data.passages)
    scores: dict[str, NDArray[np.floating]] = {"encoder": asked @ stored.T}
    parts = [part for part in getattr(encoder, "parts", ()) if part.only != "image"]
    if any(part.only == "text" for part in parts):
        joint = [dimension for part in parts if not part.only for dimension in range(part.start, part.stop)]
        scores["joint parts"] = _cosines(asked[:, joint], stored[:, joint])
        for part in parts:
            if part.only == "text":
                own = slice(part.start, part.stop)
                scores[f"{part.name} part"] = _cosines(asked[:, own], stored[:, own])
    sentences = open_sentence_encoder()
    scores["sentence encoder"] = sentences.encode_texts(texts) @ sentences.encode_texts(data.passages).T
    return scores


def _cosines(queries: Vectors, items: Vectors) -> NDArray[np.float32]:
    return unit_rows(queries) @ unit_rows(items).T


def _rank(questions: Sequence[Question], scores: NDArray[np.floating]) -> Ranking:
    right = np.zeros(scores.shape, bool)
    right[np.arange(len(questions)), np.array([question.passage for question in questions])] = True
    ranks = compute_best_rank(scores, right)
    kinds = np.array([question.kind for question in questions])
    by_kind = {str(kind): _hit_rates(ranks[kinds == kind]) for kind in np.unique(kinds) if kind}
    return Ranking(*_hit_rates(ranks), round(float((1 / (1 + ranks)).mean()), 4), by_kind)


def _hit_rates(ranks: NDArray[np.int64]) -> tuple[float, float]:
    return round(float((ranks < 1).mean()), 4), round(float((ranks < 5).mean()), 4)


def _share_likely(matches: NDArray[np.floating]) -> float:
    return round(float((matches >= LIKELY).mean()), 4)


def _read_rows(path: Path, *, optional: bool = False) -> list[dict[str, str]]:
    if optional and not path.exists():
        return []
    try:
        return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}).") from error
    except ValueError as error:
        raise DataError(f"{path} is no file of JSON lines ({error}).") from error
