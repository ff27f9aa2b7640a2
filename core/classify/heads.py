"""Learned heads as they are used, kept and handed on: arrays and a few words, in a file that runs no code."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.classify.zero_shot import Predictions
from core.encoders.base import Encoder, Vectors
from core.encoders.saved_files import get_saved_path, list_saved
from core.errors import DataError
from core.utils.array_files import pack_arrays, unpack_arrays
from core.utils.files import write_atomic

Target = Literal["classes", "number"]

# Weight and intercept of `Head.in_class_probability`: ten classes of photos, of which five or nine were learned from 4
# to 12 samples each, against photos of the others.
_FIT = (4.06, -3.41)
_NEIGHBORS = 5
_LARGEST = 1e30  # number that a file may hold: sums over a vector stay finite in float32
_LONGEST = 2.0  # vector that a file may hold, where those of labelled items are of length 1: votes stay finite
_SHARPNESS = 20.0  # with which nearer neighbours count more: their votes are exp(20 cosine)


@dataclass(frozen=True)
class Head:
    """What was learned on top of an encoder's vectors.

    kind: how, see `core.classify.training`. target: "classes" or "number". names: of the c classes, or the number's one
    name. arrays: "weights" (c, dim) and "bias" (c,), or for "knn" "memory" (n, dim) and "targets" (n,); of classes also
    "means" (c, dim), of the labelled items of each, and "levels" (2,), see `fits`.
    """

    kind: str
    target: Target
    encoder_id: str
    names: tuple[str, ...]
    arrays: dict[str, NDArray[np.float32]]

    @property
    def dim(self) -> int:
        """Length of the vectors that it takes."""
        return int(self.arrays["memory" if self.kind == "knn" else "weights"].shape[1])

    def probabilities(self, vectors: Vectors) -> NDArray[np.float32]:
        """(n, c) of unit vectors (n, dim); rows sum to 1. Raises DataError where it predicts a number."""
        if self.target != "classes":
            raise DataError(f"The head predicts the number {self.names[0]!r}, no classes.")
        if self.kind == "knn":
            nearest, votes = self._nearest_examples(vectors)
            shares = np.zeros((len(vectors), len(self.names)), np.float32)
            rows = np.arange(len(vectors))[:, None]
            np.add.at(shares, (rows, self.arrays["targets"][nearest].astype(np.int64)), votes)
            return shares
        logits = vectors @ self.arrays["weights"].T + self.arrays["bias"]
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True), np.float32)

    def predict(self, vectors: Vectors) -> Predictions:
        """Tells items of unit vectors (n, dim) into classes."""
        probabilities = self.probabilities(vectors)
        none = np.zeros(len(self.names), bool)
        return Predictions(self.names, none, probabilities, self.in_class_probability(vectors, probabilities))

    def in_class_probability(self, vectors: Vectors, probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n,) probabilities, 0 to 1, that an item is of its best class at all, and not of a kind never seen.

        Being asked only which of its classes it is, a head is sure of what is none of them. So the item's mean cosine
        with the labelled items of its class is set against what is usual: "levels" are the mean cosines of labelled
        items of two classes, which counts as 0, and of one, which counts as 1. Where no class had two labelled items
        there is no such level, and the probability stands in for it, as it does for a class without any.
        """
        best = probabilities.argmax(axis=1)
        means, (in_subprocess, together) = self.arrays["means"], self.arrays["levels"]
        known = np.einsum("nd,nd->n", vectors, means[best])
        weight, intercept = _FIT
        logit = weight * (known - in_subprocess) / max(together - in_subprocess, 1e-2) + intercept
        fits = 1.0 / (1.0 + np.exp(-np.clip(logit, -60.0, 60.0)))
        measured = np.asarray(means.any(axis=1))[best] & bool(together > in_subprocess)
        return np.where(measured, fits, probabilities.max(axis=1)).astype(np.float32)

    def values(self, vectors: Vectors) -> NDArray[np.float32]:
        """(n,) numbers, in the unit of what was learned from. Raises DataError where it predicts classes."""
        if self.target != "number":
            raise DataError("The head predicts classes, no number.")
        if self.kind == "knn":
            nearest, votes = self._nearest_examples(vectors)
            return np.asarray((self.arrays["targets"][nearest] * votes).sum(axis=1), np.float32)
        return np.asarray(vectors @ self.arrays["weights"][0] + self.arrays["bias"][0], np.float32)

    def _nearest_examples(self, vectors: Vectors) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Of each item the numbers (n, k) of the nearest labelled ones, and their votes (n, k), which sum to 1."""
        similarities = vectors @ self.arrays["memory"].T
        k = min(_NEIGHBORS, similarities.shape[1])
        nearest = np.argpartition(-similarities, k - 1, axis=1)[:, :k]
        votes = np.exp(_SHARPNESS * (np.take_along_axis(similarities, nearest, axis=1) - 1.0))
        return nearest, np.asarray(votes / votes.sum(axis=1, keepdims=True), np.float32)


def head_bytes(head: Head) -> bytes:
    """The head as a safetensors file with its words in the metadata. Raises DataError for names it cannot hold."""
    _check_names(head.names)
    about = {"kind": head.kind, "target": head.target, "encoder_id": head.encoder_id, "names": json.dumps(head.names)}
    return pack_arrays(head.arrays, about)


def read_head(data: bytes) -> Head:
    """Reads `head_bytes`. Raises DataError for anything else."""
    arrays, about = unpack_arrays(data)
    try:
        target: Target = "number" if about["target"] == "number" else "classes"
        head = Head(about["kind"], target, about["encoder_id"], tuple(json.loads(about["names"])), arrays)
        _check(head)
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        raise DataError("The file holds no head: choose one that Semblance saved.") from error
    return head


def list_heads(encoder: Encoder) -> dict[str, Path]:
    """The heads of the home folder that fit an encoder, by name."""
    return list_saved("heads", encoder)


def save_head(head: Head, encoder: Encoder, name: str) -> Path:
    """Keeps a head under a name in the home folder, to be used on any library of its encoder. Raises DataError."""
    path = get_saved_path("heads", encoder, name)
    write_atomic(path, head_bytes(head))
    return path


def load_head(path: Path, encoder: Encoder) -> Head:
    """Opens a saved head. Raises DataError where it is none, or was learned on the vectors of another encoder."""
    try:
        return check_head_fits(read_head(path.read_bytes()), encoder)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error


def check_head_fits(head: Head, encoder: Encoder) -> Head:
    """The head. Raises DataError where it was learned on the vectors of another encoder."""
    if (head.encoder_id, head.dim) != (encoder.id, encoder.dim):
        raise DataError(f"The head was learned on vectors of {head.encoder_id}, not of {encoder.id}: learn it again.")
    return head


def _check(head: Head) -> None:
    """Raises KeyError or ValueError for arrays that do not belong together."""
    knn = head.kind == "knn"
    first, second = (head.arrays[name] for name in (("memory", "targets") if knn else ("weights", "bias")))
    sound = first.ndim == 2 and second.shape == (len(first),) and len(first) > 0 and len(head.names) > 0
    sound = sound and all(isinstance(name, str) for name in head.names)
    sound = sound and all(float(np.abs(array).max(initial=0.0)) <= _LARGEST for array in head.arrays.values())
    if sound and head.target == "classes":
        means, levels = head.arrays["means"], head.arrays["levels"]
        sound = means.shape == (len(head.names), head.dim) and levels.shape == (2,)
    if sound and knn and head.target == "classes":
        sound = bool((second >= 0).all() and (second < len(head.names)).all())
    elif sound and not knn:
        sound = len(first) == len(head.names)
    if sound and knn:
        sound = bool((np.linalg.norm(first, axis=1) <= _LONGEST).all())
    if not sound:
        raise ValueError("arrays and words do not belong together")
    _check_names(head.names)


def _check_names(names: Sequence[str]) -> None:
    """Raises DataError for names that cannot be told apart or shown on a line."""
    for name in names:
        if not name.strip() or any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in name):
            raise DataError(f"The head has a class named {name!r}: rename it, with letters and without line breaks.")
    if len(set(names)) < len(names):
        raise DataError("The head has several classes of one name: rename them.")
