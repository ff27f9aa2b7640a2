"""Encoders whose vectors are computed from those of another encoder, their base."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

from core.encoders.base import Encoder, Scoring, Vectors
from core.encoders.calibration import Calibration, get_calibration


class DerivedEncoder:
    """Encodes with a base encoder and maps its vectors.

    Stored vectors of the base are mapped alike, so that no picture is decoded again. What a subclass does not define is
    as in the base, scoring and calibration included.

    Parameters
    ----------
    base : Encoder
    name : str
        For `open_encoder`.
    id_suffix : str
        Added to the id of the base: says which map.
    dim : int
        Length of the mapped vectors.
    """

    def __init__(self, base: Encoder, *, name: str, id_suffix: str, dim: int) -> None:
        self.base = base
        self.name = name
        self.id = f"{base.id}{id_suffix}"
        self.dim = dim

    @property
    def batch_size(self) -> int:
        return self.base.batch_size

    @property
    def min_side(self) -> int:
        return self.base.min_side

    @property
    def templates(self) -> tuple[str, ...]:
        return self.base.templates

    @property
    def scoring(self) -> Scoring:
        return self.base.scoring

    @property
    def calibration(self) -> Calibration:
        return get_calibration(self.base)

    def map_images(self, vectors: Vectors) -> Vectors:
        """The vectors here of images whose vectors of the base are (n, base.dim): float32 (n, dim), unit rows."""
        raise NotImplementedError

    def map_texts(self, vectors: Vectors) -> Vectors:
        """The vectors here of texts whose vectors of the base are (n, base.dim): float32 (n, dim), unit rows."""
        raise NotImplementedError

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        """Vectors of images: float32 (n, dim), unit rows."""
        return self.map_images(self.base.encode_images(images))

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Vectors of texts: float32 (n, dim), unit rows."""
        return self.map_texts(self.base.encode_texts(texts))
