"""The trained heads of the embedded encoder: from the towers' outputs to the shared space, in plain numpy."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load
from scipy.special import ndtr, softmax

from core.encoders.base import Part, Vectors, unit_rows
from core.errors import EncoderError

HEADS_FILE = Path(__file__).parent / "alignment" / "heads.safetensors"
# What a file says that has no such tensor. The learned part was trained with 0.6, but class names gain by less.
_DEFAULTS = {"learned.share": 0.52, "visual.share": 0.0, "sentence.share": 0.0, "softmax.scale": 27.0}

_ONLY: dict[str, Literal["image", "text"]] = {"visual": "image", "sentence": "text"}
_ABOUT = {
    "learned": "Output of two small networks trained on captions.",
    "classes": "Which of 1,000 classes a picture shows, or a text mentions.",
    "spare": "Content of a text beyond classes. It is 0 for pictures.",
    "visual": "What the image tower sees, whether or not words describe it. It is 0 for texts.",
    "sentence": "What a text means beside pictures. It is 0 for pictures.",
}

Tensors = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Heads:
    """The tensors of a heads file, and the vectors that they compute.

    The first parts of a vector are joint, compared between pictures and texts:

    - learned: two small networks trained with a contrastive loss [1]_;
    - classes: the class posterior of a picture times a trained vector per class (after ConSE [2]_), and its match for a
      text;
    - spare: what a text leaves unused, so that its length is 1. It is 0 for pictures, so that it changes no cosine.

    The others are compared within one kind, and zero in the other, so that they scale all cosines of texts and pictures
    alike (`cross_modal_scale`). A file may lack them:

    - visual: principal components of what the image tower sees, zero in texts;
    - sentence: principal components of what the text tower reads without adapters, zero in pictures.

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
        return self.parts[-1].stop

    @property
    def parts(self) -> tuple[Part, ...]:
        """The named ranges of a vector."""
        sizes = {
            "learned": self.tensors["image.skip.bias"].size,
            "classes": self.tensors["classes"].shape[1],
            "spare": 1,
            "visual": self._size_of("visual"),
            "sentence": self._size_of("sentence"),
        }
        stops = np.cumsum(list(sizes.values())).tolist()
        return tuple(
            Part(name, _ABOUT[name], stop - size, stop, _ONLY.get(name))
            for (name, size), stop in zip(sizes.items(), stops, strict=True)
            if size
        )

    @property
    def has_visual_part(self) -> bool:
        """Whether pictures have a part of their own, for which `image_vectors` needs the original features."""
        return self._size_of("visual") > 0

    @property
    def has_sentence_part(self) -> bool:
        """Whether texts have a part of their own, for which `text_vectors` needs the plain sentences."""
        return self._size_of("sentence") > 0

    @property
    def cross_modal_scale(self) -> float:
        """Cosine of a text and a picture, relative to that of their joint parts: 0 to 1."""
        return float(np.sqrt((1 - self._number("visual.share")) * (1 - self._number("sentence.share"))))

    @property
    def softmax_scale(self) -> float:
        """Scale of the softmax that turns cosines of a picture with class names into probabilities."""
        return self._number("softmax.scale") / self.cross_modal_scale

    def group(self, prefix: str) -> Tensors:
        """The tensors whose names begin with `prefix.`, without it. prefix: "range" or "adapter"."""
        start = f"{prefix}."
        return {name.removeprefix(start): tensor for name, tensor in self.tensors.items() if name.startswith(start)}

    def image_vectors(
        self, features: NDArray[np.float32], logits: NDArray[np.float32], original: NDArray[np.float32] | None = None
    ) -> Vectors:
        """Unit rows (n, dim) from features (n, 1280) and class logits (n, 1000) of the image tower.

        original: features (n, 1280) of the branch that was not tuned, for the visual part.
        """
        scaled = (features - self.tensors["image.mean"]) / self.tensors["image.deviation"]
        posterior = softmax(logits * self.tensors["sharpness"], axis=1)
        joint = self._join(self._network("image", scaled), unit_rows(posterior @ self.tensors["classes"]))
        return self._add_own_part(joint, "visual", original)

    def text_vectors(self, sentences: NDArray[np.float32], plain: NDArray[np.float32] | None = None) -> Vectors:
        """Unit rows (n, dim) from sentence embeddings (n, 384) of the text tower.

        plain: those (n, 384) without adapters, for the sentence part.
        """
        scaled = unit_rows(sentences) * np.float32(np.sqrt(sentences.shape[1]))
        kind = self._network("kind", scaled)
        length = np.linalg.norm(kind, axis=1, keepdims=True)
        joint = self._join(self._network("text", scaled), unit_rows(kind) * np.tanh(length))
        return self._add_own_part(joint, "sentence", None if plain is None else unit_rows(plain))

    def _network(self, name: str, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """A linear map plus one hidden layer of GELU, as trained."""

        def linear(layer: str, rows: NDArray[np.float32]) -> NDArray[np.float32]:
            return rows @ self.tensors[f"{name}.{layer}.weight"].T + self.tensors[f"{name}.{layer}.bias"]

        hidden = linear("up", x)
        return linear("skip", x) + linear("down", hidden * ndtr(hidden))

    def _join(self, model: NDArray[np.float32], kind: NDArray[np.float32]) -> Vectors:
        share = self._number("learned.share")
        spare = np.sqrt(np.maximum(0.0, 1.0 - np.square(kind).sum(axis=1, keepdims=True)))
        spare[spare < 1e-3] = 0.0  # rounding error of a unit row
        kinds = np.sqrt(1.0 - share) * np.concatenate([kind, spare], axis=1)
        return unit_rows(np.concatenate([np.sqrt(share) * unit_rows(model), kinds], axis=1))

    def _add_own_part(self, joint: Vectors, own: str, outputs: NDArray[np.float32] | None) -> Vectors:
        """Joint rows with the parts that only one kind fills: `own` from outputs of its tower, zeros for the other."""
        rows = np.zeros((len(joint), self.dim), np.float32)
        rows[:, : joint.shape[1]] = joint
        for part in self.parts:
            if part.name != own:
                continue
            if outputs is None:
                raise ValueError(f"These heads need the tower's output for the {own} part.")
            share = self._number(f"{own}.share")
            components = (outputs - self.tensors[f"{own}.mean"]) @ self.tensors[f"{own}.components"].T
            rows[:, : joint.shape[1]] *= np.sqrt(1.0 - share)
            rows[:, part.start : part.stop] = np.sqrt(share) * unit_rows(components)
        return rows

    def _size_of(self, own: str) -> int:
        name = f"{own}.components"
        return len(self.tensors[name]) if name in self.tensors else 0

    def _number(self, name: str) -> float:
        return float(self.tensors[name]) if name in self.tensors else _DEFAULTS[name]
