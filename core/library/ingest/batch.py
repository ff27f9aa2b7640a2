"""Batches pictures and texts of several files into one forward pass, and hands each vector to a callback, in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.encoders.base import Encoder, Vectors
from core.errors import SemblanceError

Embedded = NDArray[np.float32] | Exception  # a unit vector (dim,), or why the encoder could not make it


class Batch:
    """Pictures, and texts, that wait for a forward pass, with the callbacks to run afterwards."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        self._contents: list[Image.Image | str] = []
        self._acts: list[tuple[int | None, Callable[..., None]]] = []  # (number of the content, what gets its vector)

    def __len__(self) -> int:
        return len(self._contents)

    def add(self, content: Image.Image | str, take: Callable[[Embedded], None]) -> None:
        """Adds a picture or a text; `take` receives its vector. A full batch runs at once."""
        self._acts.append((len(self._contents), take))
        self._contents.append(content)
        if len(self._contents) >= self.encoder.batch_size:
            self.run()

    def then(self, act: Callable[[], None]) -> None:
        """Calls `act` once all that was added so far has its vectors."""
        self._acts.append((None, act))

    def run(self) -> None:
        """Embeds what waits and runs the callbacks. Raises EncoderError if the encoder cannot be used."""
        contents, acts = self._contents, self._acts
        self._contents, self._acts = [], []
        vectors = embed_contents(self.encoder, contents)
        for number, act in acts:
            act() if number is None else act(vectors[number])


def embed_contents(encoder: Encoder, contents: Sequence[Image.Image | str]) -> list[Embedded]:
    """A vector for each picture and text. If a batch fails, one at a time, so that one never stops the others."""
    images = iter(_encode(encoder.encode_images, [entry for entry in contents if not isinstance(entry, str)]))
    texts = iter(_encode(encoder.encode_texts, [entry for entry in contents if isinstance(entry, str)]))
    return [next(texts if isinstance(entry, str) else images) for entry in contents]


def _encode(encode: Callable[[Sequence[Any]], Vectors], contents: list[Any]) -> Vectors | list[Embedded]:
    if not contents:
        return []
    try:
        return encode(contents)
    except SemblanceError:
        raise
    except Exception as error:
        if len(contents) == 1:
            return [error]
        return [vector for entry in contents for vector in _encode(encode, [entry])]
