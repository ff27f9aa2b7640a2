"""An encoder that gets new weights: the colour encoder, and the same in other coordinates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from fakes import ColorEncoder
from PIL import Image

from core.encoders import EncoderInfo, Vectors, register_encoder, unregister_encoder

EARLIER, NEWEST = "colour-1", "colour-1-turned"  # an id that no other test has: vectors of words are cached by it


class TurnedEncoder(ColorEncoder):
    """As good as the colour encoder, but none of its vectors means anything beside that one's."""

    _TURN = np.linalg.qr(np.random.default_rng(5).normal(size=(ColorEncoder.dim,) * 2))[0].astype(np.float32)

    def __init__(self) -> None:
        super().__init__(NEWEST)

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        return super().encode_images(images) @ self._TURN

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        return super().encode_texts(texts) @ self._TURN


@contextmanager
def new_weights(*, keep_earlier: bool = True) -> Iterator[TurnedEncoder]:
    """Within it, "colour" opens the newest weights, and those of before by their id if they are kept."""
    newest, before = TurnedEncoder(), ColorEncoder(EARLIER)
    earlier = {EARLIER: lambda name, report: before} if keep_earlier else {}
    register_encoder(EncoderInfo("colour", "Colours", lambda name, report: newest, earlier=earlier))
    try:
        yield newest
    finally:
        unregister_encoder("colour")
