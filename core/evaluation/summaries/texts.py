"""Summaries of texts for people to read and judge: texts are made of passages on one subject."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import DataError
from core.progress import SILENT, Task
from core.summarize.document import hangs, read_sentences
from core.summarize.texts import embed_sentences, summarize_texts

_REPEATS = 0.7  # cosine from which two sentences say the same


@dataclass(frozen=True, slots=True)
class SummarizedText:
    """A text, its summary and what can be counted of it.

    covered: see `TextSummary`. random: the same of as many sentences at random. repeats: pairs of sentences with a
    cosine of 0.7 and more. hanging: sentences that lean on what is not in the summary, by their first words.
    """

    subject: str
    sentences: int
    summary: tuple[str, ...]
    covered: float
    random: float
    repeats: int
    hanging: int


@dataclass(frozen=True, slots=True)
class TextSummaryReport:
    """Means and sums over texts."""

    texts: tuple[SummarizedText, ...]
    covered: float
    random: float
    repeats: int
    hanging: int


def evaluate_text_summaries(
    passages: Path, *, texts: int = 10, count: int = 4, task: Task = SILENT
) -> TextSummaryReport:
    """Summarizes texts.

    Parameters
    ----------
    passages : Path
        A file of JSON lines with the keys subject and text; those on one subject are a text.
    texts : int
        How many, the first ones.
    count : int
        Most sentences of a summary.
    task : Task, optional

    Raises
    ------
    DataError
        The file is not as described.
    Cancelled
    """
    try:
        rows = [json.loads(line) for line in passages.read_text(encoding="utf-8").splitlines() if line.strip()]
        by_subject: dict[str, list[str]] = defaultdict(list)
        for row in rows:
            by_subject[row["subject"]].append(row["text"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{passages} is no file of passages with their subjects ({error}).") from error
    found = [
        _summarize(subject, "\n\n".join(parts), count)
        for subject, parts in task.track(
            list(by_subject.items())[:texts], "summarize", "texts", stopped="Stopped before all texts were summarized."
        )
    ]
    return TextSummaryReport(
        tuple(found),
        round(float(np.mean([text.covered for text in found])), 4),
        round(float(np.mean([text.random for text in found])), 4),
        sum(text.repeats for text in found),
        sum(text.hanging for text in found),
    )


def _summarize(subject: str, text: str, count: int) -> SummarizedText:
    sentences = read_sentences(text.encode())
    summary = summarize_texts(sentences, count=count)
    vectors = embed_sentences([sentence.text for sentence in sentences])
    cosines = vectors @ vectors.T
    order = {(one.document, one.start): number for number, one in enumerate(sentences)}
    rows = [order[one.document, one.start] for one in summary.sentences]
    rng = np.random.default_rng(0)
    random = [cosines[:, rng.choice(len(vectors), len(rows), replace=False)].max(axis=1).mean() for _ in range(50)]
    pairs = cosines[np.ix_(rows, rows)][np.triu_indices(len(rows), 1)]
    return SummarizedText(
        subject=subject,
        sentences=len(sentences),
        summary=tuple(one.text for one in summary.sentences),
        covered=round(summary.covered, 4),
        random=round(float(np.mean(random)), 4),
        repeats=int((pairs >= _REPEATS).sum()),
        hanging=sum(hangs(sentences[row].text) and row - 1 not in rows for row in rows),
    )
