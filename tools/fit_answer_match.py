"""Fits the match of answers: python tools/fit_answer_match.py QUESTIONS.

Half of the passages, every other subject, are drawn into libraries, which are asked the questions of that half: those
that they answer, and those that they do not, also with three passages on the subject at hand. Prints the weights of
core/ask/match.py; the other half is for figures (`python -m core eval ask`), and so is unanswerable.jsonl.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from core.ask.evidence import Evidence, weigh_passages
from core.ask.match import PASSAGE_WEIGHTS, SENTENCE_WEIGHTS, compute_passage_features, compute_sentence_features
from core.ask.reading import read_passages
from core.encoders.sentences import open_sentence_encoder
from core.evaluation.search.answers import find_sentence, is_for_fitting
from core.evaluation.search.texts import Question, read_question_set
from core.search.passages.match import measure_generality

SIZES = {10: 4, 25: 2, 50: 1}  # passages of a library: how many are drawn
PENALTY = 0.01  # of squared weights of standardized features


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("questions", type=Path)
    data = read_question_set(parser.parse_args().questions)
    half = np.array([number for number in range(len(data.passages)) if is_for_fitting(number)])
    questions = [question for question in data.questions if question.passage in half]
    read = read_passages([data.passages[number] for number in half])
    found = [dict(zip(half, weigh_passages(question.text, read), strict=True)) for question in questions]
    fit_passages(questions, found, half)
    fit_sentences(questions, found, data.passages)


def fit_passages(questions: list[Question], found: list[dict[int, Evidence]], half: np.ndarray) -> None:
    """Prints the weights of the probability that a passage answers."""
    queries = open_sentence_encoder().encode_texts([question.text for question in questions])
    generality = [measure_generality(query) for query in queries]
    features, right = [], []
    for number, chosen in draw(questions, half):
        for passage in chosen:
            evidence = found[number][passage]
            row = compute_passage_features(evidence, generality=generality[number], passages=len(chosen))
            features.append(row)
            right.append(passage == questions[number].passage)
    scaler = StandardScaler().fit(features)
    model = LogisticRegression(max_iter=5_000).fit(scaler.transform(features), right)
    weights = model.coef_[0] / scaler.scale_
    intercept = float(model.intercept_[0] - weights @ scaler.mean_)
    print(f"PASSAGE_WEIGHTS = {(*weights.round(2).tolist(), round(intercept, 2))}   (now: {PASSAGE_WEIGHTS})")


def draw(questions: list[Question], half: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Numbers of questions, and the passages of the libraries that they are put to."""
    for size, seed in ((size, seed) for size, draws in SIZES.items() for seed in range(draws)):
        chosen = np.random.default_rng(seed).permutation(half)[:size]
        yield from ((number, chosen) for number in range(len(questions)))
    for number, question in enumerate(questions):
        yield number, half[half != question.passage]


def fit_sentences(questions: list[Question], found: list[dict[int, Evidence]], passages: tuple[str, ...]) -> None:
    """Prints the weights of the shares of sentences."""
    own = [evidence[question.passage] for question, evidence in zip(questions, found, strict=True)]
    right = [
        find_sentence(passages[question.passage], evidence.sentences, question.answer)
        for question, evidence in zip(questions, own, strict=True)
    ]
    every = np.concatenate(
        [compute_sentence_features(evidence) for evidences in found for evidence in evidences.values()]
    )
    scale = every.std(axis=0)
    features = [compute_sentence_features(evidence) / scale for evidence in own]

    def compute_loss(weights: np.ndarray) -> float:
        shares = [softmax(rows @ weights)[number] for rows, number in zip(features, right, strict=True)]
        return float(PENALTY * weights @ weights - np.log(shares).mean())

    weights = minimize(compute_loss, np.zeros(len(scale))).x / scale
    print(f"SENTENCE_WEIGHTS = {tuple(weights.round(2).tolist())}   (now: {SENTENCE_WEIGHTS})")


if __name__ == "__main__":
    main()
