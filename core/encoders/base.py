"""The one contract of all encoders. Everything else in core works with any encoder through this alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Scoring:
    """An encoder's own way from cosine similarities to probabilities.

    logit = scale * cosine + bias. "softmax" (CLIP, Radford 2021): the classes of a row compete and sum to 1.
    "sigmoid" (SigLIP, Zhai 2023): each pair stands alone, a row may sum to anything.
    """

    activation: Literal["softmax", "sigmoid"]
    scale: float
    bias: float = 0.0

    def probabilities(self, similarities: NDArray[np.floating]) -> NDArray[np.float32]:
        """Cosines (..., classes) in [-1, 1] to probabilities of the same shape in [0, 1]."""
        logits = np.asarray(similarities, np.float64) * self.scale + self.bias
        if self.activation == "sigmoid":
            return (1.0 / (1.0 + np.exp(-np.clip(logits, -60.0, 60.0)))).astype(np.float32)
        logits -= logits.max(axis=-1, keepdims=True)
        odds = np.exp(logits)
        return (odds / odds.sum(axis=-1, keepdims=True)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Part:
    """Numbers of a vector that belong together: those from `start` up to, but without, `stop`. about: a sentence.

    An encoder that knows such parts of its vectors may tell them in an attribute `parts`; it need not.
    """

    name: str
    about: str
    start: int
    stop: int


@runtime_checkable
class Encoder(Protocol):
    """A dual encoder: pictures and texts to unit vectors of one space. Safe to call from several threads.

    Opening one is cheap (`id`, `dim` and the rest are known at once); the heavy session loads on the first encode.
    It may also have `calibration`, a `core.encoders.calibration.Calibration`, and `parts`.
    """

    @property
    def name(self) -> str:
        """What `open_encoder` takes to open it again."""
        ...

    @property
    def id(self) -> str:
        """Stored beside every vector. Changes whenever the weights or the preprocessing do: two ids never meet."""
        ...

    @property
    def dim(self) -> int:
        """Length of every vector."""
        ...

    @property
    def batch_size(self) -> int:
        """Pictures per call that this encoder handles best."""
        ...

    @property
    def min_side(self) -> int:
        """Pixels: a decoder may shrink pictures by a whole factor, but not below this shorter side.

        Chosen so that the vector is, for all that this encoder is used for, that of the picture at full size.
        """
        ...

    @property
    def templates(self) -> tuple[str, ...]:
        """Prompt templates with one `{}` each, that a query is embedded through and averaged over."""
        ...

    @property
    def scoring(self) -> Scoring:
        """The way from similarities to probabilities."""
        ...

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        """RGB pictures of any size to float32 (n, dim), rows of unit length; (0, dim) for none."""
        ...

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Texts, taken as they are (no template added; cut at the tower's limit), to float32 (n, dim), unit rows."""
        ...


def unit_rows(vectors: NDArray[np.floating]) -> Vectors:
    """Rows of (n, d) divided by their L2 norm, as float32. A row of zeros stays zero."""
    array = np.asarray(vectors, np.float32)
    norms = np.linalg.norm(array, axis=-1, keepdims=True)
    return array / np.maximum(norms, 1e-12)
