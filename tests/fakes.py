"""An encoder without a network behind it: pictures and colour words meet by their colour."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
from PIL import Image

from core.encoders.base import Scoring, Vectors, unit_rows

COLOURS = {
    "red": (220, 30, 30), "green": (30, 180, 60), "blue": (30, 60, 220), "yellow": (230, 220, 40),
    "white": (245, 245, 245), "black": (10, 10, 10), "purple": (140, 30, 160), "orange": (240, 140, 20),
}  # fmt: skip


class ColourEncoder:
    """Vectors are the mean colour of a 4 x 4 grid, about mid-grey. Knows the words of COLOURS; counts its pictures."""

    dim = 48
    batch_size = 4
    min_side = 32
    templates = ("{}",)
    scoring = Scoring("softmax", 20.0)

    def __init__(self, encoder_id: str = "colour-1", name: str = "colour") -> None:
        self.id, self.name = encoder_id, name
        self.images_seen = 0
        self._lock = threading.Lock()

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        with self._lock:
            self.images_seen += len(images)
        cells = [
            np.asarray(image.convert("RGB").resize((4, 4), Image.Resampling.BOX), float).ravel() for image in images
        ]
        return unit_rows(np.array(cells).reshape(-1, 48) - 127.5 + 1e-3)

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        return unit_rows(np.array([self._text(text) for text in texts]).reshape(-1, 48))

    def _text(self, text: str) -> np.ndarray:
        known = [COLOURS[word] for word in text.lower().split() if word in COLOURS]
        if known:
            return np.tile(np.mean(known, axis=0) - 127.5, 16)
        rng = np.random.default_rng(sum(text.encode()))  # a word of no colour points anywhere
        return rng.normal(size=48)
