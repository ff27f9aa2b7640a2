"""Fits the match of passages: python tools/fit_text_match.py QUESTIONS [--images DIR --captions CSV (image, caption)].

With words: half of the passages, every other subject, are drawn into libraries of 10 to 50, which are asked the
questions of that half: those that they answer, and as many that they do not. With pictures: captions of every other
picture are drawn as passages. Prints the weights of core/search/passages/match.py; the other halves are for figures.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from core.encoders import open_encoder
from core.encoders.sentences import open_sentence_encoder
from core.evaluation.datasets import embed_files, read_pairs, unique
from core.evaluation.search.texts import QuestionSet, make_passage_library, read_question_set
from core.search.passages.match import PICTURE_WEIGHTS, WEIGHTS, compute_features, compute_log_posterior
from core.search.passages.words import find_coverage

SIZES = {10: 4, 25: 2, 50: 1}  # passages of a library: how many are drawn
PER_SUBJECT = 4  # passages, which follow one another
CAPTION_SIZES = (10, 25, 50, 100, 200, 400, 800)
DRAWS, MOST_PICTURES = 3, 40

Rows = Iterator[tuple[np.ndarray, np.ndarray]]  # features of the passages, and which of them is right


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--images", type=Path)
    parser.add_argument("--captions", type=Path)
    options = parser.parse_args()
    data = read_question_set(options.questions)
    drawn = [(size, seed) for size, draws in SIZES.items() for seed in range(draws)]
    fit("WEIGHTS", (row for size, seed in drawn for row in ask(data, size, seed)), WEIGHTS)
    if options.images and options.captions:
        fit("PICTURE_WEIGHTS", show(options.images, options.captions), PICTURE_WEIGHTS)


def fit(name: str, rows: Rows, now: tuple[float, ...]) -> None:
    """Prints the weights that a logistic regression finds."""
    features, right = zip(*rows, strict=True)
    model = LogisticRegression(C=100, max_iter=5_000).fit(np.concatenate(features), np.concatenate(right))
    print(f"{name} = {(*model.coef_[0].round(3).tolist(), round(float(model.intercept_[0]), 3))}   (now: {now})")


def ask(data: QuestionSet, size: int, seed: int) -> Rows:
    """The passages of a library that is drawn, for each question that it is asked."""
    rng = np.random.default_rng(seed)
    half = [number for number in range(len(data.passages)) if number // PER_SUBJECT % 2 == 0]
    chosen = rng.permutation(half)[:size].tolist()
    asked = [entry for entry in data.questions if entry.passage in chosen]
    others = [entry for entry in data.questions if entry.passage in half and entry.passage not in chosen]
    asked += [others[number] for number in rng.permutation(len(others))[: len(asked)]]
    sentences = open_sentence_encoder()
    passages = sentences.encode_texts([data.passages[number] for number in chosen])
    with make_passage_library(open_encoder(), [data.passages[number] for number in chosen]) as library:
        for entry, query in zip(asked, sentences.encode_texts([entry.text for entry in asked]), strict=True):
            evidence = np.zeros(size, np.float32)
            found = find_coverage(library, entry.text, passages=size)
            evidence[[int(item_id.removeprefix("text")) for item_id in found.item_ids.to_pylist()]] = found.evidence
            right = np.array([number == entry.passage for number in chosen])
            yield compute_features(query, passages @ query, evidence, passages=size), right


def show(images: Path, captions: Path) -> Rows:
    """Captions that are drawn as passages, for pictures that they describe and as many that they do not."""
    encoder, rng = open_encoder(), np.random.default_rng(0)
    pairs = read_pairs(captions, "image", "caption")
    pictures = embed_files(encoder, images, unique(name for name, _ in pairs)[::2])
    pairs = [(name, caption) for name, caption in pairs if name in pictures.rows]
    texts = encoder.encode_texts([caption for _, caption in pairs])
    owners = np.array([pictures.rows[name] for name, _ in pairs])
    for size in CAPTION_SIZES * DRAWS:
        chosen = rng.permutation(len(texts))[:size]
        held = rng.permutation(np.unique(owners[chosen]))[:MOST_PICTURES]
        absent = rng.permutation(np.setdiff1d(owners, owners[chosen]))[: len(held)]
        for row in (*held, *absent):
            query = pictures.vectors[row]
            posterior = compute_log_posterior(encoder, query, texts[chosen] @ query)
            yield np.column_stack([posterior, np.full(len(posterior), np.log(len(posterior)))]), owners[chosen] == row


if __name__ == "__main__":
    main()
