"""The contract of all encoders. Other packages use encoders through it alone."""

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
    """How an encoder turns cosine similarities into probabilities: logit = scale * cosine + bias.

    Parameters
    ----------
    activation : {"softmax", "sigmoid"}
        "softmax" [1]_: the classes of a row compete and sum to 1. "sigmoid" [2]_: each pair is independent.
    scale, bias : float
        Of the logit.

    References
    ----------
    .. [1] Radford et al. 2021, "Learning transferable visual models from natural language supervision" (CLIP)
    .. [2] Zhai et al. 2023, "Sigmoid loss for language image pre-training" (SigLIP)
    """

    activation: Literal["softmax", "sigmoid"]
    scale: float
    bias: float = 0.0

    def probabilities(self, similarities: NDArray[np.floating]) -> NDArray[np.float32]:
        """Probabilities of cosines.

        Parameters
        ----------
        similarities : ndarray, shape (..., classes)
            Cosines, -1 to 1.

        Returns
        -------
        ndarray of float32, shape (..., classes)
            0 to 1.
        """
        logits = np.asarray(similarities, np.float64) * self.scale + self.bias
        if self.activation == "sigmoid":
            return (1.0 / (1.0 + np.exp(-np.clip(logits, -60.0, 60.0)))).astype(np.float32)
        logits -= logits.max(axis=-1, keepdims=True)
        exponentials = np.exp(logits)
        return (exponentials / exponentials.sum(axis=-1, keepdims=True)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Part:
    """A named range of a vector's dimensions. An encoder may have an attribute `parts`, a tuple of these.

    Attributes
    ----------
    name : str
    about : str
        One sentence that describes the part.
    start, stop : int
        First dimension, and the one after the last.
    only : {"image", "text"} or None
        The only kind of input that fills it, so that it is zero for the other; None: both fill it.
    """

    name: str
    about: str
    start: int
    stop: int
    only: Literal["image", "text"] | None = None


@runtime_checkable
class Encoder(Protocol):
    """A dual encoder: images and texts to unit vectors of one space. Thread-safe.

    Opening one is cheap (`id`, `dim` and the rest are known immediately); the heavy session loads at the first encode.
    An encoder may also have `calibration`, a `core.encoders.calibration.Calibration`, `parts`, and `base`, the encoder
    whose vectors it maps (`core.encoders.derived`).
    """

    @property
    def name(self) -> str:
        """The name that `open_encoder` takes. It opens the newest weights; earlier ones open by their `id`."""
        ...

    @property
    def id(self) -> str:
        """Stored with every vector. Changes with the weights and the preprocessing; vectors of two ids never mix."""
        ...

    @property
    def dim(self) -> int:
        """Length of every vector."""
        ...

    @property
    def batch_size(self) -> int:
        """Best number of images per call."""
        ...

    @property
    def min_side(self) -> int:
        """Pixels: the shorter side below which a decoder must not shrink an image (by whole factors).

        From this size on, the vector is practically that of the image at full size.
        """
        ...

    @property
    def templates(self) -> tuple[str, ...]:
        """Prompt templates with one `{}` each; the vector of a query is the mean over them."""
        ...

    @property
    def scoring(self) -> Scoring:
        """How similarities become probabilities."""
        ...

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        """Vectors of RGB images of any size: float32 (n, dim), unit rows; (0, dim) for none."""
        ...

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Vectors of texts without a template, cut at the tower's limit: float32 (n, dim), unit rows."""
        ...


def get_root(encoder: Encoder) -> Encoder:
    """The encoder that has the towers: of a derived one its base, or the base of that; else the encoder itself."""
    while (base := getattr(encoder, "base", None)) is not None:
        encoder = base
    return encoder


def reads_whole(encoder: Encoder, text: str) -> bool:
    """Whether an encoder reads all of a text. True of one that does not say: its `reads_whole(text)` does."""
    check = getattr(get_root(encoder), "reads_whole", None)
    return check is None or bool(check(text))


def unit_rows(vectors: NDArray[np.floating]) -> Vectors:
    """Divides rows by their L2 norms.

    Parameters
    ----------
    vectors : ndarray, shape (..., d)

    Returns
    -------
    ndarray of float32, shape (..., d)
        A row of zeros stays zero.
    """
    array = np.asarray(vectors, np.float32)
    norms = np.linalg.norm(array, axis=-1, keepdims=True)
    return array / np.maximum(norms, 1e-12)
