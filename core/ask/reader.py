"""Models that read passages for the words that answer a question: optional, and never downloaded here.

Without one, `ask` chooses whole sentences by comparing them (`core.ask.match`). A model of transformers for extractive
question answering [1]_ points at the words themselves.

References
----------
.. [1] Devlin et al. 2019, "BERT: pre-training of deep bidirectional transformers", section 4.3
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from core.errors import EncoderError, first_line
from core.utils.extras import require
from core.utils.files import to_absolute

if TYPE_CHECKING:
    import torch

_LONGEST_ANSWER = 30  # word pieces
_BEST = 20  # beginnings and ends that are combined
_MOST_PIECES = 512  # of question and passage, which the usual models read


@dataclass(frozen=True, slots=True)
class Reading:
    """Words of a passage that may answer: its characters from `start` to `end`, and their share of the probability that
    the passage answers, 0 to 1. The shares of a passage add up to 1 at most."""

    start: int
    end: int
    share: float


class AnswerReader(Protocol):
    """Finds the words of passages that answer a question."""

    @property
    def name(self) -> str: ...

    def read(self, question: str, passages: Sequence[str]) -> list[list[Reading]]:
        """The readings of each passage, best first; none where it does not answer."""


class ModelReader:
    """A model of transformers for extractive question answering.

    Parameters
    ----------
    name : str
    model, tokenizer
        As `AutoModelForQuestionAnswering` and `AutoTokenizer` open them; the tokenizer must be a fast one, which knows
        the places of word pieces.
    """

    def __init__(self, name: str, model: Any, tokenizer: Any) -> None:
        self.name = name
        self._model, self._tokenizer = model, tokenizer
        self._lock = Lock()  # a fast tokenizer serves one thread at a time

    def read(self, question: str, passages: Sequence[str]) -> list[list[Reading]]:
        """The best spans of each passage that do not overlap. What goes beyond 512 word pieces is not read."""
        import torch

        found = []
        for passage in passages:
            with self._lock:
                pieces = self._tokenizer(
                    question, passage, truncation="only_second", max_length=_MOST_PIECES, return_tensors="pt",
                    return_offsets_mapping=True,
                )  # fmt: skip
            places = pieces.pop("offset_mapping")[0].numpy()
            of_passage = np.array([number == 1 for number in pieces.sequence_ids(0)])
            with torch.inference_mode():
                output = self._model(**pieces)
            found.append(_find_spans(_numbers(output.start_logits), _numbers(output.end_logits), of_passage, places))
        return found


def open_reader(name: str) -> AnswerReader:
    """Opens a model for question answering whose weights are on this machine.

    Parameters
    ----------
    name : str
        A folder, or the id of a model of the hub that is in its cache.

    Raises
    ------
    EncoderError
        It is not here, or no such model.
    """
    require("hub", "A model that reads passages")
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    folder = to_absolute(name)
    place = str(folder) if folder.is_dir() else name
    try:
        tokenizer = AutoTokenizer.from_pretrained(place, local_files_only=True)
        model, report = AutoModelForQuestionAnswering.from_pretrained(
            place, local_files_only=True, output_loading_info=True
        )
    except (OSError, ValueError, KeyError) as error:
        raise EncoderError(
            f"{name} is no model for question answering on this machine ({first_line(error)}). Give the folder of one, "
            "or have it downloaded: hf download MODEL."
        ) from error
    if report["missing_keys"]:
        raise EncoderError(
            f"{name} was not trained for question answering: weights are missing. Give a model that was, such as one "
            "trained on SQuAD."
        )
    if not tokenizer.is_fast:
        raise EncoderError(f"{name} has a tokenizer that does not know where words are: give a model with a fast one.")
    return ModelReader(Path(name).name, model.eval(), tokenizer)


def _numbers(logits: torch.Tensor) -> NDArray[np.float64]:
    return logits[0].double().numpy()


def _find_spans(
    starts: NDArray[np.float64], ends: NDArray[np.float64], of_passage: NDArray[np.bool_], places: NDArray[np.int64]
) -> list[Reading]:
    """The best spans, with the softmax over all spans and "no answer", which models put on the first piece."""
    inside = np.flatnonzero(of_passage)
    if not len(inside):
        return []
    score = starts[inside][:, None] + ends[inside][None, :]
    length = inside[None, :] - inside[:, None]
    score[(length < 0) | (length >= _LONGEST_ANSWER)] = -np.inf
    shares = softmax(np.append(score, starts[0] + ends[0]))[:-1].reshape(score.shape)
    found: list[Reading] = []
    for number in np.argsort(-shares, axis=None)[: _BEST**2]:
        first, last = np.unravel_index(number, shares.shape)
        start, end = int(places[inside[first]][0]), int(places[inside[last]][1])
        if shares[first, last] > 0 and all(end <= other.start or start >= other.end for other in found):
            found.append(Reading(start, end, float(shares[first, last])))
    return found
