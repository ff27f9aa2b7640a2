"""Pictures of several files in one forward pass: each vector goes to whoever added the picture, in order."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.encoders.base import Encoder, Vectors
from core.errors import SemblanceError

Embedded = NDArray[np.float32] | Exception  # a unit vector (dim,), or why the encoder could not make it


class Batch:
    """The pictures that wait for a forward pass, and what is to be done after those that were added before it."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        self._images: list[Image.Image] = []
        self._acts: list[tuple[int | None, Callable[..., None]]] = []  # (number of the picture, what gets its vector)

    def __len__(self) -> int:
        return len(self._images)

    def add(self, image: Image.Image, take: Callable[[Embedded], None]) -> None:
        """Adds a picture, whose vector `take` will get. A full batch runs at once."""
        self._acts.append((len(self._images), take))
        self._images.append(image)
        if len(self._images) >= self.encoder.batch_size:
            self.run()

    def then(self, act: Callable[[], None]) -> None:
        """Does something once all pictures added so far have their vectors."""
        self._acts.append((None, act))

    def run(self) -> None:
        """Embeds what waits and hands it out. Raises EncoderError where the encoder cannot be used at all."""
        images, acts = self._images, self._acts
        self._images, self._acts = [], []
        vectors = self._encode(images) if images else []
        for number, act in acts:
            act() if number is None else act(vectors[number])

    def _encode(self, images: list[Image.Image]) -> Vectors | list[Embedded]:
        """A vector for each image; where the batch fails, one at a time, so that one image never stops the others."""
        try:
            return self.encoder.encode_images(images)
        except SemblanceError:
            raise
        except Exception as error:
            if len(images) == 1:
                return [error]
            return [vector for image in images for vector in self._encode([image])]
