"""Batches pictures of several files into one forward pass, and hands each vector to a callback, in order."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.encoders.base import Encoder, Vectors
from core.errors import SemblanceError

Embedded = NDArray[np.float32] | Exception  # a unit vector (dim,), or why the encoder could not make it


class Batch:
    """Pictures that wait for a forward pass, with the callbacks to run afterwards."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        self._images: list[Image.Image] = []
        self._acts: list[tuple[int | None, Callable[..., None]]] = []  # (number of the picture, what gets its vector)

    def __len__(self) -> int:
        return len(self._images)

    def add(self, image: Image.Image, take: Callable[[Embedded], None]) -> None:
        """Adds a picture; `take` receives its vector. A full batch runs at once."""
        self._acts.append((len(self._images), take))
        self._images.append(image)
        if len(self._images) >= self.encoder.batch_size:
            self.run()

    def then(self, act: Callable[[], None]) -> None:
        """Calls `act` once all pictures added so far have their vectors."""
        self._acts.append((None, act))

    def run(self) -> None:
        """Embeds the waiting pictures and runs the callbacks. Raises EncoderError if the encoder cannot be used."""
        images, acts = self._images, self._acts
        self._images, self._acts = [], []
        vectors = self._encode(images) if images else []
        for number, act in acts:
            act() if number is None else act(vectors[number])

    def _encode(self, images: list[Image.Image]) -> Vectors | list[Embedded]:
        """A vector for each image. If the batch fails, one image at a time, so that one never stops the others."""
        try:
            return self.encoder.encode_images(images)
        except SemblanceError:
            raise
        except Exception as error:
            if len(images) == 1:
                return [error]
            return [vector for image in images for vector in self._encode([image])]
