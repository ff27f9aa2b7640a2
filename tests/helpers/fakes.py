"""An encoder without a network behind it: pictures and colour words meet by their colour."""

from __future__ import annotations

import functools
import threading
import zlib
from collections.abc import Sequence

import numpy as np
from PIL import Image

from core.encoders.base import Scoring, Vectors, unit_rows
from core.encoders.calibration import EMBEDDED_3

COLORS = {
    "red": (220, 30, 30), "green": (30, 180, 60), "blue": (30, 60, 220), "yellow": (230, 220, 40),
    "white": (245, 245, 245), "black": (10, 10, 10), "purple": (140, 30, 160), "orange": (240, 140, 20),
}  # fmt: skip


# What the neutral prompts of core.search.relevance have for colours that they do not name.
_KNOWN = COLORS | {"grapes": COLORS["purple"], "carrot": COLORS["orange"], "pumpkin": COLORS["orange"]}
_GRID = (4, 4, 3)
_NEARLY_NOTHING = 0.1  # of a colour is in a word of none, so that pictures come in some order


class ColorEncoder:
    """Vectors are the mean colour of a 4 x 4 grid, about mid-grey. Knows the words of COLOURS; counts its pictures.

    Each other word is a fine pattern of its own, which no picture of plain colours, stripes or halves shows. So among
    the neutral prompts of core.search.relevance only those that name a colour are rivals, and which pictures are likely
    for a colour is clear-cut.
    """

    dim = 48
    batch_size = 4
    min_side = 32
    templates = ("{}",)
    scoring = Scoring("softmax", 20.0)
    calibration = EMBEDDED_3

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
        return unit_rows(np.array(cells).reshape(-1, self.dim) - 127.5 + 1e-3)

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        return unit_rows(np.array([_text(text) for text in texts]).reshape(-1, self.dim))


@functools.cache
def _text(text: str) -> np.ndarray:
    known = [_KNOWN[word] for word in text.lower().replace(",", " ").split() if word in _KNOWN]
    if known:
        return np.tile(np.mean(known, axis=0) - 127.5, 16)
    noise = np.random.default_rng(zlib.crc32(text.encode())).normal(size=_GRID)
    fine = noise - noise.mean(axis=0) - noise.mean(axis=1, keepdims=True) + noise.mean(axis=(0, 1))
    return (fine + _NEARLY_NOTHING * noise).ravel()
