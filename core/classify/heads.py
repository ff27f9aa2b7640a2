"""Trained heads and their files: arrays with metadata (safetensors), which run no code when opened."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from core.classify.class_words import ClassWords
from core.classify.in_class import estimate_in_class, similarity_logits, to_probabilities
from core.classify.zero_shot import Predictions
from core.encoders.base import Encoder, Vectors
from core.encoders.saved_files import get_saved_path, list_saved, write_saved
from core.errors import DataError
from core.library.index import VectorIndex
from core.utils.array_files import pack_arrays, unpack_arrays

Target = Literal["classes", "number"]

_NEIGHBORS = 5
_LARGEST = 1e30  # absolute value in a file; sums over a vector stay finite in float32
_LONGEST = 2.0  # length of a labeled vector in a file (unit vectors have 1); votes stay finite
_SHARPNESS = 20.0  # a vote is exp(20 cosine), so that nearer neighbors count more


@dataclass(frozen=True)
class Head:
    """A model on top of an encoder's vectors: a `ClassHead` or a `NumberHead`.

    Parameters
    ----------
    kind : str
        Method of training, see `core.classify.training`.
    encoder_id : str
        `Encoder.id` of the vectors.
    names : tuple of str
        The c classes, or the one name of the number.
    arrays : dict of str to array
        "weights" (c, dim) and "bias" (c,); for "knn" "memory" (n, dim), unit rows, and "targets" (n,).
    encoder : Encoder, optional
        Embeds what the zero-shot estimate of classes compares with, see `check_head_fits`. Not part of the file.
    index : VectorIndex, optional
        Of the library that the items belong to, see `within`. Not part of the file.
    """

    target: ClassVar[Target]
    kind: str
    encoder_id: str
    names: tuple[str, ...]
    arrays: dict[str, NDArray[np.float32]]
    encoder: Encoder | None = field(default=None, repr=False, compare=False)
    index: VectorIndex | None = field(default=None, repr=False, compare=False)

    @property
    def dim(self) -> int:
        """Length of the input vectors."""
        return int(self.arrays["memory" if self.kind == "knn" else "weights"].shape[1])

    def predict(self, vectors: Vectors) -> Predictions:
        """The classes of unit vectors (n, dim). Raises DataError if the head predicts a number."""
        raise DataError(f"The head predicts the number {self.names[0]!r}, not classes.")

    def probabilities(self, vectors: Vectors) -> NDArray[np.float32]:
        """(n, c) of unit vectors (n, dim); rows sum to 1. Raises DataError if the head predicts a number."""
        return self.predict(vectors).probabilities

    def within(self, index: VectorIndex) -> Head:
        """The same head for items of a library: what its words say is what a search of the library says."""
        return replace(self, index=index)

    def values(self, vectors: Vectors) -> NDArray[np.float32]:
        """(n,) numbers of unit vectors (n, dim). Raises DataError if the head predicts classes."""
        raise DataError("The head predicts classes, not a number.")

    def is_valid(self) -> bool:
        """Whether the arrays match. Raises KeyError or ValueError if one is missing or has the wrong shape."""
        is_knn = self.kind == "knn"
        first, second = (self.arrays[name] for name in (("memory", "targets") if is_knn else ("weights", "bias")))
        valid = first.ndim == 2 and second.shape == (len(first),) and len(first) > 0 and len(self.names) > 0
        valid = valid and all(isinstance(name, str) for name in self.names)
        valid = valid and all(float(np.abs(array).max(initial=0.0)) <= _LARGEST for array in self.arrays.values())
        if is_knn:
            return valid and bool((np.linalg.norm(first, axis=1) <= _LONGEST).all())
        return valid and len(first) == len(self.names)

    def _nearest_examples(self, vectors: Vectors) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Rows (n, k) of the labeled vectors nearest to each, and their votes (n, k), which sum to 1."""
        similarities = vectors @ self.arrays["memory"].T
        k = min(_NEIGHBORS, similarities.shape[1])
        nearest = np.argpartition(-similarities, k - 1, axis=1)[:, :k]
        votes = np.exp(_SHARPNESS * (np.take_along_axis(similarities, nearest, axis=1) - 1.0))
        return nearest, np.asarray(votes / votes.sum(axis=1, keepdims=True), np.float32)


class ClassHead(Head):
    """Predicts classes. Its arrays also hold "means" (c, dim) of the labeled items of each class, and "levels" (2,),
    see `in_class_probability`.

    A head that was trained with words also has "prototypes" (c, dim), "similarity_shares" (c,) and "shifts" (c,), in a
    library also "library_shifts" (c,), see `core.classify.in_class`. A blend, whose "weights" and "bias" then hold
    words and labels, has "blend" (2,): the scale of the prototypes in its weights, and the level of
    `core.classify.blending.Blend`. Files of earlier versions lack these.
    """

    target = "classes"

    def predict(self, vectors: Vectors) -> Predictions:
        probabilities = self.probabilities(vectors)
        none = np.zeros(len(self.names), bool)
        return Predictions(self.names, none, probabilities, self.in_class_probability(vectors, probabilities))

    def probabilities(self, vectors: Vectors) -> NDArray[np.float32]:
        if self.kind == "knn":
            nearest, votes = self._nearest_examples(vectors)
            shares = np.zeros((len(vectors), len(self.names)), np.float32)
            rows = np.arange(len(vectors))[:, None]
            np.add.at(shares, (rows, self.arrays["targets"][nearest].astype(np.int64)), votes)
            return shares
        logits = self._logits(vectors)
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True), np.float32)

    def in_class_probability(self, vectors: Vectors, probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probability (n,), 0 to 1, that an item belongs to its best class rather than to an unknown one.

        `probabilities` compare only the known classes, and are high even for items of none of them. A head that knows
        the words of its classes estimates it from these and from the labels, see `core.classify.in_class`. Others
        compare the mean cosine of an item and the labeled items of its class with "levels". If no class has two labeled
        items, or the best class has none, they return the probability of the class instead.
        """
        best = np.asarray(probabilities.argmax(axis=1), np.int64)
        if "prototypes" in self.arrays and self.encoder is not None:
            return estimate_in_class(self._words, self.arrays, vectors, best)
        means, levels = self.arrays["means"], self.arrays["levels"]
        cosines = np.einsum("nd,nd->n", vectors, means[best])
        is_measured = self._has_labels[best] & bool(levels[1] > levels[0])
        in_class = to_probabilities(similarity_logits(cosines, levels))
        return np.where(is_measured, in_class, probabilities.max(axis=1)).astype(np.float32)

    @cached_property
    def _words(self) -> ClassWords:
        assert self.encoder is not None
        return ClassWords(self.encoder, self.arrays["prototypes"], self.index)

    @property
    def _has_labels(self) -> NDArray[np.bool_]:
        return np.asarray(self.arrays["means"].any(axis=1))

    def _logits(self, vectors: Vectors) -> NDArray[np.float32]:
        logits = vectors @ self.arrays["weights"].T + self.arrays["bias"]
        has_labels = self._has_labels
        if "blend" in self.arrays and has_labels.any() and not has_labels.all():
            scale, level = self.arrays["blend"]
            evidence = logits[:, has_labels] - scale * (vectors @ self.arrays["prototypes"][has_labels].T)
            logits[:, ~has_labels] += np.minimum(evidence.max(axis=1, keepdims=True), level)
        return np.asarray(logits, np.float32)

    def is_valid(self) -> bool:
        if not super().is_valid() or self.arrays["levels"].shape != (2,):
            return False
        targets = self.arrays["targets"] if self.kind == "knn" else np.zeros(1)
        in_range = (targets >= 0) & (targets < len(self.names))
        shape = (len(self.names), self.dim)
        return self.arrays["means"].shape == shape and bool(in_range.all()) and self._words_match(shape)

    def _words_match(self, shape: tuple[int, int]) -> bool:
        """Whether the arrays of a head with words are all there and match, or none is."""
        expected: dict[str, tuple[int, ...]] = {
            "prototypes": shape,
            "similarity_shares": shape[:1],
            "shifts": shape[:1],
        }
        optional: dict[str, tuple[int, ...]] = {"blend": (2,), "library_shifts": shape[:1]}
        expected |= {name: wanted for name, wanted in optional.items() if name in self.arrays}
        found = [name for name in expected if name in self.arrays]
        return not found or all(self.arrays[name].shape == wanted for name, wanted in expected.items())


class NumberHead(Head):
    """Predicts a number, in the unit of its training values."""

    target = "number"

    def values(self, vectors: Vectors) -> NDArray[np.float32]:
        if self.kind == "knn":
            nearest, votes = self._nearest_examples(vectors)
            return np.asarray((self.arrays["targets"][nearest] * votes).sum(axis=1), np.float32)
        return np.asarray(vectors @ self.arrays["weights"][0] + self.arrays["bias"][0], np.float32)


def head_bytes(head: Head) -> bytes:
    """A head as a safetensors file, with its names in the metadata.

    Parameters
    ----------
    head : Head

    Returns
    -------
    bytes

    Raises
    ------
    DataError
        A name is empty, has line breaks, or occurs twice.
    """
    _check_names(head.names)
    about = {"kind": head.kind, "target": head.target, "encoder_id": head.encoder_id, "names": json.dumps(head.names)}
    return pack_arrays(head.arrays, about)


def read_head(data: bytes) -> Head:
    """Reads a file made by `head_bytes`.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    Head

    Raises
    ------
    DataError
        The file does not hold a head.
    """
    arrays, about = unpack_arrays(data)
    try:
        head_type = NumberHead if about["target"] == NumberHead.target else ClassHead
        head = head_type(about["kind"], about["encoder_id"], tuple(json.loads(about["names"])), arrays)
        if not head.is_valid():
            raise ValueError("the arrays do not match")
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        raise DataError("The file is not a head: choose one that Semblance saved.") from error
    _check_names(head.names)
    return head


def list_heads(encoder: Encoder) -> dict[str, Path]:
    """Saved heads of an encoder in the home folder.

    Parameters
    ----------
    encoder : Encoder

    Returns
    -------
    dict of str to Path
        Files by name.
    """
    return list_saved("heads", encoder)


def save_head(head: Head, encoder: Encoder, name: str) -> Path:
    """Saves a head in the home folder.

    Parameters
    ----------
    head : Head
    encoder : Encoder
    name : str

    Returns
    -------
    Path

    Raises
    ------
    DataError
        The name is not a valid file name, the head has invalid names, or the home cannot be written.
    """
    return write_saved(get_saved_path("heads", encoder, name), head_bytes(head))


def load_head(path: Path, encoder: Encoder) -> Head:
    """Loads a saved head.

    Parameters
    ----------
    path : Path
    encoder : Encoder

    Returns
    -------
    Head

    Raises
    ------
    DataError
        The file cannot be read, is not a head, or belongs to another encoder.
    """
    try:
        return check_head_fits(read_head(path.read_bytes()), encoder)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error


def check_head_fits(head: Head, encoder: Encoder) -> Head:
    """Checks that a head was learned on the vectors of an encoder.

    Parameters
    ----------
    head : Head
    encoder : Encoder

    Returns
    -------
    Head
        The same head, which now knows its encoder.

    Raises
    ------
    DataError
        It was learned on the vectors of another encoder.
    """
    if (head.encoder_id, head.dim) != (encoder.id, encoder.dim):
        raise DataError(f"The head was learned on vectors of {head.encoder_id}, not of {encoder.id}: train it again.")
    return replace(head, encoder=encoder)


def _check_names(names: Sequence[str]) -> None:
    """Raises DataError for equal names and for names that do not display on one line."""
    for name in names:
        if not name.strip() or any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in name):
            raise DataError(f"The head has a class named {name!r}: rename it, with letters and without line breaks.")
    if len(set(names)) < len(names):
        raise DataError("The head has several classes of the same name: rename them.")
