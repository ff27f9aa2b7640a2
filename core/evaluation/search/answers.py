"""Measures the answering of questions: whether the sentence that answers comes first, and whether "no answer" is said.

The weights of the match were fitted on the questions of every other subject (`tools/fit_answer_match.py`); figures are
of all questions, and of the other subjects alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from core.ask.answers import ask
from core.ask.follow_up import leans_on_last
from core.ask.reader import AnswerReader
from core.ask.reply import Answer, Reply
from core.encoders.base import Encoder
from core.errors import DataError
from core.evaluation.search.texts import Question, make_passage_library, read_question_set
from core.library.filters import Filters
from core.library.store import Library
from core.media.modalities import TEXT
from core.progress import SILENT, Task

_PER_SUBJECT = 4  # passages, which follow one another
_MOST = 5  # answers


@dataclass(frozen=True, slots=True)
class AnswerRates:
    """Share of the questions whose right sentence is the first answer, or among the first five."""

    first: float
    five: float


@dataclass(frozen=True, slots=True)
class AnswerReport:
    """How questions are answered.

    Attributes
    ----------
    passages, questions, unanswerable, follow_ups
        How many.
    all, unseen
        Of all questions, and of those that nothing was fitted on.
    kinds
        Of all, by the kind of question.
    no_answer_auc, no_answer_auc_unseen
        How well the match tells questions with an answer from those without, 0.5 to 1; of the former all, or those that
        nothing was fitted on. None without the latter.
    found, found_unseen, found_unanswerable
        Share for which an answer is said to be found.
    follow_up, follow_up_alone
        Of follow-ups, asked as they are asked after their question, and as if there was none.
    leaning, leaning_wrongly
        Share of the follow-ups, and of the other questions, that are taken for questions which need the last one.
    seconds
        Median time of a question.
    """

    passages: int
    questions: int
    unanswerable: int
    follow_ups: int
    all: AnswerRates
    unseen: AnswerRates
    kinds: Mapping[str, AnswerRates]
    no_answer_auc: float | None
    no_answer_auc_unseen: float | None
    found: float
    found_unseen: float
    found_unanswerable: float | None
    follow_up: AnswerRates | None
    follow_up_alone: AnswerRates | None
    leaning: float | None
    leaning_wrongly: float
    seconds: float


def is_for_fitting(passage: int) -> bool:
    """Whether the weights of matches may be fitted on the questions of a passage: those of every other subject."""
    return passage // _PER_SUBJECT % 2 == 0


def find_sentence(text: str, sentences: Sequence[tuple[int, int]], words: str) -> int:
    """The number of the sentence that holds some words of a text. Raises DataError if none does."""
    place = text.find(words)
    for number, (start, end) in enumerate(sentences):
        if words and start <= place < end:
            return number
    raise DataError(f'The passage "{text[:40]}..." does not have the answer "{words}" in one of its sentences.')


def evaluate_answers(
    encoder: Encoder, folder: Path, *, reader: AnswerReader | None = None, task: Task = SILENT
) -> AnswerReport:
    """How well `ask` answers questions over passages.

    Parameters
    ----------
    encoder : Encoder
        Of the library that is made of the passages.
    folder : Path
        See `core.evaluation.search.texts.read_question_set`; questions need answers.
    reader : AnswerReader, optional
        See `ask`.
    task : Task, optional

    Raises
    ------
    DataError
        A file is missing or is not as described.
    """
    data = read_question_set(folder)
    if any(not one.answer or one.answer not in data.passages[one.passage or 0] for one in data.questions):
        raise DataError(f"Each row of {folder / 'questions.jsonl'} needs an answer: words of its passage.")
    alone = [replace(question, after="") for question in data.follow_ups]
    asked: list[Sequence[Question]] = [data.questions, data.unanswerable, alone, data.follow_ups]
    with make_passage_library(encoder, data.passages, task=task) as library:
        replies = _ask_all(library, encoder, [one for part in asked for one in part], reader, task)
    ends = np.cumsum([len(part) for part in asked])[:-1]
    answered, unanswered, alone_ranks, later_ranks = np.split(_find_ranks(replies, asked), ends)
    matches, matches_without = np.split(np.array([reply.match for reply in replies]), ends)[:2]
    found, found_without = np.split(np.array([reply.found for reply in replies]), ends)[:2]
    unseen = np.array([not is_for_fitting(question.passage or 0) for question in data.questions])
    kinds = np.array([question.kind for question in data.questions])
    return AnswerReport(
        passages=len(data.passages),
        questions=len(answered),
        unanswerable=len(unanswered),
        follow_ups=len(later_ranks),
        all=_rate(answered),
        unseen=_rate(answered[unseen]),
        kinds={str(kind): _rate(answered[kinds == kind]) for kind in np.unique(kinds) if kind},
        no_answer_auc=_compute_auc(matches, matches_without),
        no_answer_auc_unseen=_compute_auc(matches[unseen], matches_without),
        found=_share(found),
        found_unseen=_share(found[unseen]),
        found_unanswerable=_share(found_without) if len(found_without) else None,
        follow_up=_rate(later_ranks) if len(later_ranks) else None,
        follow_up_alone=_rate(alone_ranks) if len(alone_ranks) else None,
        leaning=_share([leans_on_last(question.text) for question in data.follow_ups]) if alone else None,
        leaning_wrongly=_share([leans_on_last(question.text) for question in data.questions]),
        seconds=round(float(np.median([reply.seconds for reply in replies])), 3),
    )


def _ask_all(
    library: Library, encoder: Encoder, asked: Sequence[Question], reader: AnswerReader | None, task: Task
) -> list[Reply]:
    filters = Filters(kind=TEXT.name)
    return [
        ask(library, encoder, question.text, after=question.after, k=_MOST, filters=filters, reader=reader)
        for question in task.track(asked, "ask", "questions", stopped="Stopped.")
    ]


def _find_ranks(replies: Sequence[Reply], asked: Sequence[Sequence[Question]]) -> NDArray[np.int64]:
    questions = [question for part in asked for question in part]
    return np.array([_find_rank(reply, one) for reply, one in zip(replies, questions, strict=True)], np.int64)


def _find_rank(reply: Reply, question: Question) -> int:
    """The rank of the right sentence among the answers, from 0; their number where it is not among them."""
    ranks = (rank for rank, answer in enumerate(reply.answers) if _is_right(answer, question))
    return next(ranks, _MOST)


def _is_right(answer: Answer, question: Question) -> bool:
    place = answer.passage.text.find(question.answer)
    is_passage = question.passage is not None and Path(answer.item.path).name == str(question.passage)
    return is_passage and answer.start <= place < answer.end


def _rate(ranks: NDArray[np.int64]) -> AnswerRates:
    return AnswerRates(_share(ranks < 1), _share(ranks < _MOST))


def _share(chosen: Sequence[bool] | NDArray[np.bool_]) -> float:
    return round(float(np.mean(chosen)), 4) if len(chosen) else 0.0


def _compute_auc(answered: NDArray[np.float64], unanswered: NDArray[np.float64]) -> float | None:
    if not len(answered) or not len(unanswered):
        return None
    is_answered = np.arange(len(answered) + len(unanswered)) < len(answered)
    return round(float(roc_auc_score(is_answered, np.concatenate([answered, unanswered]))), 4)
