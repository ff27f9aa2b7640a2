"""The trained heads of the embedded encoder: from the towers' outputs to the shared space, in plain numpy."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load
from scipy.special import ndtr, softmax

from core.encoders.base import Part, Vectors, unit_rows
from core.errors import EncoderError

HEADS_FILE = Path(__file__).parent / "alignment" / "heads.safetensors"
# Weight of the learned part in a cosine; the class part has the rest. Trained with 0.6, but class names gain by less.
LEARNED_SHARE = 0.52

Tensors = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Heads:
    """The tensors of a heads file, and the vectors that they compute.

    A vector is two parts side by side and one spare coordinate: learned: two small networks trained with a contrastive
    loss [1]_; class: the class posterior of a picture times a trained vector per class (after ConSE [2]_), and its
    match for a text; spare: what a text leaves unused, so that its length is 1. It is 0 for pictures, so that it
    changes no cosine.

    References
    ----------
    .. [1] Radford et al. 2021, "Learning transferable visual models from natural language supervision"
    .. [2] Norouzi et al. 2013, "Zero-shot learning by convex combination of semantic embeddings"
    """

    digest: str
    tensors: Tensors

    @classmethod
    def load(cls, path: Path = HEADS_FILE) -> Heads:
        """Reads a heads file. Raises EncoderError if it is missing or damaged."""
        try:
            content = path.read_bytes()
            tensors = {name: value.astype(np.float32) for name, value in load(content).items()}
        except (OSError, SafetensorError) as error:
            raise EncoderError(
                f"The heads of the embedded encoder cannot be read ({path}: {error}). Restore the file "
                "(git checkout, or install again), or train them with tools/train_alignment.py."
            ) from error
        return cls(hashlib.sha256(content).hexdigest(), tensors)

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self.tensors["image.skip.bias"].size + self.tensors["classes"].shape[1] + 1

    @property
    def parts(self) -> tuple[Part, ...]:
        """The named ranges of a vector."""
        learned = self.tensors["image.skip.bias"].size
        return (
            Part("learned", "Output of two small networks trained on captions.", 0, learned),
            Part("classes", "Which of 1,000 classes a picture shows, or a text mentions.", learned, self.dim - 1),
            Part("spare", "Content of a text beyond classes. It is 0 for pictures.", self.dim - 1, self.dim),
        )

    def group(self, prefix: str) -> Tensors:
        """The tensors whose names begin with `prefix.`, without it. prefix: "range" or "adapter"."""
        start = f"{prefix}."
        return {name.removeprefix(start): tensor for name, tensor in self.tensors.items() if name.startswith(start)}

    def image_vectors(self, features: NDArray[np.float32], logits: NDArray[np.float32]) -> Vectors:
        """Unit rows (n, dim) from features (n, 1280) and class logits (n, 1000) of the image tower."""
        scaled = (features - self.tensors["image.mean"]) / self.tensors["image.deviation"]
        posterior = softmax(logits * self.tensors["sharpness"], axis=1)
        return self._join(self._network("image", scaled), unit_rows(posterior @ self.tensors["classes"]))

    def text_vectors(self, sentences: NDArray[np.float32]) -> Vectors:
        """Unit rows (n, dim) from sentence embeddings (n, 384) of the text tower."""
        scaled = unit_rows(sentences) * np.float32(np.sqrt(sentences.shape[1]))
        kind = self._network("kind", scaled)
        length = np.linalg.norm(kind, axis=1, keepdims=True)
        return self._join(self._network("text", scaled), unit_rows(kind) * np.tanh(length))

    def _network(self, name: str, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """A linear map plus one hidden layer of GELU, as trained."""

        def linear(layer: str, rows: NDArray[np.float32]) -> NDArray[np.float32]:
            return rows @ self.tensors[f"{name}.{layer}.weight"].T + self.tensors[f"{name}.{layer}.bias"]

        hidden = linear("up", x)
        return linear("skip", x) + linear("down", hidden * ndtr(hidden))

    @staticmethod
    def _join(model: NDArray[np.float32], kind: NDArray[np.float32]) -> Vectors:
        spare = np.sqrt(np.maximum(0.0, 1.0 - np.square(kind).sum(axis=1, keepdims=True)))
        spare[spare < 1e-3] = 0.0  # rounding error of a unit row
        kinds = np.sqrt(1.0 - LEARNED_SHARE) * np.concatenate([kind, spare], axis=1)
        return unit_rows(np.concatenate([np.sqrt(LEARNED_SHARE) * unit_rows(model), kinds], axis=1))
