"""The match of an answer: the probability that this sentence answers the question.

It is a product: the probability that the passage answers, times the share of each sentence, if it does. The first is a
logistic regression of

- the cosine of the question with the best sentence, read within the passage;
- the word of the question that the passage has least of: "Which knife fillets a salmon?" is not answered where no word
  comes near to "salmon";
- the names and numbers of the question that the passage does not have;
- the cosine of the question with the nearest reference prompt, as a short, general question is near to many texts;
- the number of passages, the best of which is near by chance.

The second is a softmax over the sentences: of their meaning, of how near the words of the question are to theirs, and
of the one that they have least of. `tools/fit_answer_match.py` fits the weights of both, and `python -m core eval ask`
measures.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, softmax

from core.ask.evidence import Evidence

# Of the best sentence's meaning, the word that is lacking, missing names, the nearest reference prompt, ln(passages);
# the intercept.
PASSAGE_WEIGHTS = (18.6, 10.83, -3.42, -6.19, -0.46, -7.33)
# Of the meaning, the mean of the words, and the word that is lacking.
SENTENCE_WEIGHTS = (11.07, 4.83, 4.97)
_MOST_PASSAGES = 1_000  # from which the penalty of their number stays constant
_LEAST = 1e-9  # probability whose log odds still count


def compute_passage_features(evidence: Evidence, *, generality: float, passages: int) -> NDArray[np.float64]:
    """What the probability of a passage is computed from: (5,), in the order of `PASSAGE_WEIGHTS`.

    Parameters
    ----------
    evidence : Evidence
    generality : float
        See `core.search.passages.match.measure_generality`.
    passages : int
        How many are searched.
    """
    size = float(np.log(max(1, min(passages, _MOST_PASSAGES))))
    lacking = evidence.words.max(axis=0).min()
    return np.array([evidence.meaning.max(), lacking, evidence.missing, generality, size])


def compute_sentence_features(evidence: Evidence) -> NDArray[np.float64]:
    """What the shares of sentences are computed from: (s, 3), in the order of `SENTENCE_WEIGHTS`."""
    return np.column_stack([evidence.meaning, evidence.words.mean(axis=1), evidence.words.min(axis=1)])


def match_passage(evidence: Evidence, *, generality: float, passages: int) -> float:
    """The probability, 0 to 1, that a passage answers. Parameters are those of `compute_passage_features`."""
    features = compute_passage_features(evidence, generality=generality, passages=passages)
    return float(expit(features @ np.array(PASSAGE_WEIGHTS[:-1]) + PASSAGE_WEIGHTS[-1]))


def match_follow_up(alone: float, joined: float) -> float:
    """The probability that a passage answers a question that leans on the last one: the mean of the log odds.

    Parameters
    ----------
    alone, joined : float
        Those of the question by itself, which may mean anything, and of both questions as one, which the passage that
        answered the last one matches in any case.
    """
    odds = logit(np.clip([alone, joined], _LEAST, 1 - _LEAST))
    return float(expit(odds.mean()))


def share_sentences(evidence: Evidence) -> NDArray[np.float64]:
    """The share of each sentence (s,), if its passage answers; they add up to 1."""
    return softmax(compute_sentence_features(evidence) @ np.array(SENTENCE_WEIGHTS))
