"""The match of a passage: the probability that it answers what is asked, or says what a picture shows.

Cosines of texts with texts and of texts with pictures cannot be compared: the former are far higher. Probabilities can,
so they rank results that mix kinds.

A query of words is compared by the sentence encoder and by its words. A logistic regression joins

- the cosine;
- the words of the query that the passage contains, by their rarity and their share (`core.search.passages.words`);
- the cosine of the query with the nearest reference prompt, as a short, general query is near to many texts;
- the number of passages, the best of which is near by chance.

A picture is compared in the joint space with the passage and with the reference prompts: how probable is it that the
passage describes it, and none of these? The search of pictures by words asks the same (`core.search.relevance`).
Passages keep the order of their cosines.

`tools/fit_text_match.py` fits the weights, and `python -m core eval text` measures.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logsumexp

from core.encoders.base import Encoder
from core.encoders.reference_prompts import embed_reference_prompts, get_reference_prior
from core.encoders.sentences import open_sentence_encoder

# Of the cosine, the evidence of words, the nearest reference prompt, ln(passages), and the intercept.
WEIGHTS = (17.732, 0.834, -6.278, -0.657, -3.504)
# Of a picture: of the log posterior, ln(passages), and the intercept.
PICTURE_WEIGHTS = (0.965, -0.464, 1.745)
_SHARPNESS = 2.0  # of the softmax, per standard deviation of the reference prompts
_MOST_PASSAGES = 1_000  # from which the penalty of their number stays constant


def compute_features(
    query: NDArray[np.float32], scores: NDArray[np.float32], evidence: NDArray[np.float32], *, passages: int
) -> NDArray[np.float64]:
    """What the match of words is computed from: (n, 4), in the order of `WEIGHTS`.

    Parameters
    ----------
    query : ndarray of float32, shape (384,)
        Unit vector of the sentence encoder.
    scores, evidence : ndarray of float32, shape (n,)
        Cosines with the passages, and what the words say that these contain; 0 for none.
    passages : int
        How many are searched.
    """
    nearest = measure_generality(query)
    size = float(np.log(max(1, min(passages, _MOST_PASSAGES))))
    return np.column_stack([scores, evidence, np.full(len(scores), nearest), np.full(len(scores), size)])


def measure_generality(query: NDArray[np.float32]) -> float:
    """How near a query, a unit vector of the sentence encoder, is to the nearest reference prompt: -1 to 1."""
    return float((embed_reference_prompts(open_sentence_encoder()) @ query).max())


def match_words(
    query: NDArray[np.float32], scores: NDArray[np.float32], evidence: NDArray[np.float32], *, passages: int
) -> NDArray[np.float32]:
    """The match (n,), 0 to 1, of passages with a query of words. Parameters are those of `compute_features`."""
    features = compute_features(query, scores, evidence, passages=passages)
    return expit(features @ np.array(WEIGHTS[:-1]) + WEIGHTS[-1]).astype(np.float32)


def compute_log_posterior(
    encoder: Encoder, query: NDArray[np.float32], scores: NDArray[np.float32]
) -> NDArray[np.float64]:
    """The log probability (n,) that each passage, and no reference prompt, describes a picture.

    Parameters
    ----------
    encoder : Encoder
    query : ndarray of float32, shape (dim,)
        Unit vector.
    scores : ndarray of float32, shape (n,)
        Cosines of the passages with it.
    """
    rivals = embed_reference_prompts(encoder) @ query
    mean, scale = rivals.mean(), _SHARPNESS / (rivals.std() + 1e-6)
    own = scale * (scores.astype(np.float64) - mean)
    return own - np.logaddexp(own, logsumexp(scale * (rivals - mean), b=get_reference_prior()))


def match_picture(
    encoder: Encoder, query: NDArray[np.float32], scores: NDArray[np.float32], *, passages: int
) -> NDArray[np.float32]:
    """The match (n,), 0 to 1, of passages with a query that holds a picture.

    passages: how many are searched. The others are those of `compute_log_posterior`.
    """
    weight, size, intercept = PICTURE_WEIGHTS
    number = max(1, min(passages, _MOST_PASSAGES))
    posterior = compute_log_posterior(encoder, query, scores)
    return expit(weight * posterior + size * np.log(number) + intercept).astype(np.float32)
