"""Fits the match of passages with words: python tools/fit_text_match.py FOLDER (passages.jsonl, questions.jsonl, ...).

Half of the passages, every other subject, are drawn into libraries of 10 to 50, which are asked the questions of that
half: those that they answer, and as many that they do not. Prints `WEIGHTS` of core/search/text_match.py; the figures
are those of the other half.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from core.encoders import open_encoder
from core.encoders.sentences import open_sentence_encoder
from core.evaluation.texts import QuestionSet, make_passage_library, read_question_set
from core.search.text_match import WEIGHTS, compute_features
from core.search.words import find_coverage

SIZES = {10: 4, 25: 2, 50: 1}  # passages of a library: how many are drawn
PER_SUBJECT = 4  # passages, which follow one another


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    data = read_question_set(parser.parse_args().folder)
    rows = [row for size, draws in SIZES.items() for seed in range(draws) for row in draw(data, size, seed)]
    features = np.concatenate([row for row, _ in rows])
    model = LogisticRegression(C=100, max_iter=5_000).fit(features, np.concatenate([right for _, right in rows]))
    print(
        "WEIGHTS =", (*model.coef_[0].round(3).tolist(), round(float(model.intercept_[0]), 3)), "  (now:", WEIGHTS, ")"
    )


def draw(data: QuestionSet, size: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For each question that is asked: the features of its passages, and which of them is the answer."""
    rng = np.random.default_rng(seed)
    half = [number for number in range(len(data.passages)) if number // PER_SUBJECT % 2 == 0]
    chosen = rng.permutation(half)[:size].tolist()
    asked = [entry for entry in data.questions if entry.passage in chosen]
    others = [entry for entry in data.questions if entry.passage in half and entry.passage not in chosen]
    asked += [others[number] for number in rng.permutation(len(others))[: len(asked)]]
    with make_passage_library(open_encoder(), [data.passages[number] for number in chosen]) as library:
        sentences = open_sentence_encoder()
        passages = sentences.encode_texts([data.passages[number] for number in chosen])
        for entry, query in zip(asked, sentences.encode_texts([entry.text for entry in asked]), strict=True):
            evidence = np.zeros(size, np.float32)
            found = find_coverage(library, entry.text, passages=size)
            evidence[to_numbers(found.item_ids.to_pylist())] = found.evidence
            right = np.array([number == entry.passage for number in chosen])
            yield compute_features(query, passages @ query, evidence, passages=size), right


def to_numbers(item_ids: Sequence[str]) -> list[int]:
    """The numbers of passages of `make_passage_library`."""
    return [int(item_id.removeprefix("text")) for item_id in item_ids]


if __name__ == "__main__":
    main()
