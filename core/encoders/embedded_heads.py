"""The trained heads of the embedded encoder: from the towers' features into the shared space. Plain numpy."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from core.encoders.base import Vectors, unit_rows
from core.errors import EncoderError

HEADS_FILE = Path(__file__).parent / "alignment" / "heads.safetensors"
_LEARNED_SHARE = 0.65
_TOP_CLASSES = 10


@dataclass(frozen=True)
class Heads:
    """The tensors of a heads file and what is computed with them.

    The vector is two parts side by side, weighted so that cosine = 0.65 learned + 0.35 semantic:
    learned: two small networks trained with a contrastive loss (Radford 2021);
    semantic: class posterior times class-name sentences (ConSE, Norouzi 2013), against the text's own sentence.
    """

    digest: str
    metadata: dict[str, str]
    tensors: dict[str, NDArray[np.float32]]

    @classmethod
    def load(cls, path: Path = HEADS_FILE) -> Heads:
        """Reads a heads file. Raises EncoderError with the next step where it is missing or damaged."""
        try:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            with safe_open(path, framework="np") as file:
                tensors = {name: file.get_tensor(name).astype(np.float32) for name in file.keys()}  # noqa: SIM118
                return cls(digest, dict(file.metadata() or {}), tensors)
        except (OSError, SafetensorError) as error:
            raise EncoderError(
                f"The heads of the embedded encoder cannot be read ({path}: {error}). Restore the file "
                "(git checkout, or install again), or train them: python tools/train_alignment.py --data DIR."
            ) from error

    @cached_property
    def dim(self) -> int:
        """Length of a vector."""
        return self.tensors["image.skip.bias"].size + self.tensors["classes.sentences"].shape[1]

    @property
    def ranges(self) -> dict[str, NDArray[np.float32]]:
        """Activation ranges of the image tower, tensor name -> (lowest, highest)."""
        return {name.removeprefix("range."): value for name, value in self.tensors.items() if name.startswith("range.")}

    def image_vectors(self, features: NDArray[np.float32], logits: NDArray[np.float32]) -> Vectors:
        """Features (n, 1280) and class logits (n, 1000) of the image tower to unit rows (n, dim)."""
        scaled = (features - self.tensors["image.mean"]) / self.tensors["image.deviation"]
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        cut = np.partition(odds, -_TOP_CLASSES, axis=1)[:, -_TOP_CLASSES, None]
        semantic = np.where(odds >= cut, odds, 0.0) @ self.tensors["classes.sentences"]
        return self._join(self._network("image", scaled), semantic)

    def text_vectors(self, sentences: NDArray[np.float32]) -> Vectors:
        """Sentence embeddings (n, 384) of the text tower to unit rows (n, dim)."""
        sentences = unit_rows(sentences)
        return self._join(self._network("text", sentences * np.sqrt(sentences.shape[1])), sentences)

    def _network(self, side: str, x: NDArray[np.float32]) -> NDArray[np.float32]:
        def linear(layer: str, rows: NDArray[np.float32]) -> NDArray[np.float32]:
            return rows @ self.tensors[f"{side}.{layer}.weight"].T + self.tensors[f"{side}.{layer}.bias"]

        return linear("skip", x) + linear("down", _gelu(linear("up", x)))

    @staticmethod
    def _join(learned: NDArray[np.float32], semantic: NDArray[np.float32]) -> Vectors:
        parts = (np.sqrt(_LEARNED_SHARE) * unit_rows(learned), np.sqrt(1 - _LEARNED_SHARE) * unit_rows(semantic))
        return unit_rows(np.concatenate(parts, axis=1))


def _gelu(x: NDArray[np.float32]) -> NDArray[np.float32]:
    from scipy.special import ndtr

    return x * ndtr(x)
