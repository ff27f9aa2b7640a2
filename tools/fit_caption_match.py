"""Fits the match of captions: python tools/fit_caption_match.py --images DIR --captions CSV [--split NAME]

Every other photo, and every other word for things, is drawn into libraries of 10 to 250 photos that store one, two or
four captions of each. They are asked for a caption that is not stored, of their own photos and of as many others, and
for things. Prints the weights of core/search/captions.py, and figures of both halves by way of pixels alone, captions
fused, and both joined as the search does: of captions the share found first, likely, and how many others are likely; of
others how often anything is likely; of things F1 and average precision of the photos of which two of five captions
name them. The table has the columns image, caption and, for --split, split.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from measure_captions import read_captions
from numpy.typing import NDArray
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from core import Term, open_encoder
from core.encoders.prompts import embed_texts
from core.encoders.sentences import open_sentence_encoder
from core.evaluation.datasets import embed_files
from core.evaluation.match.captioned_things import CaptionedThings, find_things, read_things
from core.search.captions import WEIGHTS
from core.search.passages.match import measure_generality
from core.search.passages.words import compute_rarity, list_words
from core.search.relevance import LIKELY, Relevance

_SIZES = (10, 25, 50, 100, 250)
_STORED = ([1], [2, 3], [1, 2, 3, 4])  # captions of each photo, of which the first is the query
_MOST = 60  # captions that are asked, of the photos that are there and of others
_WEIGHTS = {"caption": 1.0, "other": 1.0, "thing": 1.5}  # of the queries in the fit
_SURE = 0.02  # as in core/search/captions.py

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Data:
    """Photos with their vectors (n, dim) and captions (n, 5), what is asked, and who has which thing."""

    vectors: Floats
    captions: list[list[str]]
    said: Floats
    texts: list[str]
    joint: Floats
    sentences: Floats
    things: CaptionedThings


@dataclass(frozen=True)
class Asked:
    """A query in a library: match by pixels (m,), cosines and evidence of words of the captions (m, s), which photos
    are right, which are neither, how general it is, and ln(captions)."""

    kind: str
    size: int
    pixels: Floats
    cosines: Floats
    words: Floats
    right: NDArray[np.bool_]
    unclear: NDArray[np.bool_]
    general: float
    ln_captions: float

    def features(self, weights: Floats) -> Floats:
        """(m, 5) of the caption of each photo that says most by these weights."""
        best = (weights[1] * self.cosines + weights[2] * self.words).argmax(axis=1)
        rows = np.arange(len(best))
        same = np.ones(len(best))
        pixels = logit(self.pixels.clip(_SURE, 1 - _SURE))
        chosen = self.cosines[rows, best], self.words[rows, best]
        return np.column_stack([pixels, *chosen, self.general * same, self.ln_captions * same])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--captions", type=Path, required=True)
    parser.add_argument("--split", default="dev")
    options = parser.parse_args()
    data = load(options.images, read_captions(options.captions, options.split))
    halves = [[entry for size in _SIZES for stored in _STORED for entry in ask(data, half, size, stored)]
              for half in (0, 1)]  # fmt: skip
    weights = fit(halves[0])
    print(f"WEIGHTS = {tuple(weights.round(3).tolist())}   (now: {WEIGHTS})")
    for name, half in zip(("fitted", "not fitted"), halves, strict=True):
        print(json.dumps({name: measure([entry for entry in half if entry.size >= 100], np.array(WEIGHTS))}))


def load(images: Path, captions: dict[str, list[str]]) -> Data:
    """The photos that have five captions."""
    encoder, sentences = open_encoder(), open_sentence_encoder()
    captions = {name: texts[:5] for name, texts in captions.items() if len(texts) >= 5}
    pictures = embed_files(encoder, images, list(captions))
    names = [name for name in captions if name in pictures.rows]
    texts = [captions[name] for name in names]
    said = np.stack([sentences.encode_texts(own) for own in texts])
    words = read_things()
    asked = [own[0] for own in texts] + list(words)
    vectors = pictures.vectors[[pictures.rows[name] for name in names]]
    joint = embed_texts(encoder, asked)
    return Data(vectors, texts, said, asked, joint, sentences.encode_texts(asked), find_things(texts, words))


def ask(data: Data, half: int, size: int, stored: list[int]) -> Iterator[Asked]:
    """The queries of a library that is drawn."""
    rng, encoder = np.random.default_rng(size), open_encoder()
    pool = np.arange(half, len(data.captions), 2)
    photos = rng.permutation(pool)[:size]
    others = rng.permutation(np.setdiff1d(pool, photos))[:_MOST]
    shown = data.vectors[photos]
    nothing = np.zeros(len(photos), bool)
    queries = [("caption", int(row), photos == row, nothing) for row in rng.permutation(photos)[:_MOST]]
    queries += [("other", int(row), nothing, nothing) for row in others]
    for thing in range(half, len(data.things.names), 2):
        there, absent = (part[thing][photos] for part in (data.things.present, data.things.absent))
        queries.append(("thing", len(data.captions) + thing, there, ~there & ~absent))
    spoken = [[set(list_words(data.captions[photo][number])) for number in stored] for photo in photos]
    for kind, query, right, unclear in queries:
        terms = [Term("text", data.texts[query])]
        reading = Relevance.from_query(encoder, shown, data.joint[query], terms, items=len(shown))
        cosines = data.said[photos][:, stored] @ data.sentences[query]
        general, size_term = measure_generality(data.sentences[query]), math.log(len(photos) * len(stored))
        pixels = reading.match(reading.log_posterior(shown))
        words = weigh_words(spoken, data.texts[query])
        yield Asked(kind, size, pixels, cosines, words, right, unclear, general, size_term)


def weigh_words(spoken: list[list[set[str]]], text: str) -> Floats:
    """(m, s) what the words say that captions share with a text."""
    every = [words for own in spoken for words in own]
    rarities = {word: compute_rarity(sum(word in own for own in every), len(every)) for word in list_words(text)}
    sums = np.array([[sum(rarities[word] for word in rarities if word in words) for words in own] for own in spoken])
    return np.asarray(sums**2 / (sum(rarities.values()) or 1.0))


def fit(asked: list[Asked]) -> Floats:
    """The weights; which caption of a photo says most depends on them, so they are fitted again and again."""
    weights = np.array(WEIGHTS)
    for _ in range(4):
        features = np.concatenate([entry.features(weights)[~entry.unclear] for entry in asked])
        right = np.concatenate([entry.right[~entry.unclear] for entry in asked])
        counts = [int((~entry.unclear).sum()) for entry in asked]
        sample = np.concatenate(
            [np.full(count, 10 * _WEIGHTS[entry.kind] / max(1, count))
             for entry, count in zip(asked, counts, strict=True)]
        )  # fmt: skip
        model = LogisticRegression(C=100, max_iter=5_000).fit(features, right, sample)
        weights = np.append(model.coef_[0], model.intercept_[0])
    return weights


def measure(asked: list[Asked], weights: Floats) -> dict[str, dict[str, list[float]]]:
    """The figures, see above."""
    found: dict[str, dict[str, list[list[float]]]] = defaultdict(lambda: defaultdict(list))
    for entry in asked:
        if entry.kind == "thing" and not entry.right.any():
            continue
        fused = expit(entry.features(weights) @ weights[:-1] + weights[-1])
        ways = {"pixels": entry.pixels, "fused": fused, "joined": 1 - (1 - entry.pixels / 2) * (1 - fused)}
        for way, matches in ways.items():
            found[entry.kind][way].append(judge(entry, matches))
    return {
        kind: {way: np.mean(rows, axis=0).round(3).tolist() for way, rows in ways.items()}
        for kind, ways in found.items()
    }


def judge(entry: Asked, matches: Floats) -> list[float]:
    """The figures of a query."""
    order = np.argsort(-matches, kind="stable")
    right, likely, clear = entry.right[order], matches[order] >= LIKELY, ~entry.unclear[order]
    if entry.kind == "other":
        return [float(likely.any())]
    if entry.kind == "caption":
        return [float(right[0]), float((likely & right).any()), float((likely & ~right).sum())]
    f1 = 2 * (likely & right).sum() / max(1, (likely & clear).sum() + right.sum())
    hits = right[clear]
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return [float(f1), float(precision[hits].mean())]


if __name__ == "__main__":
    main()
