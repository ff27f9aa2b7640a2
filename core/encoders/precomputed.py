"""An encoder for imported vectors, which cannot embed anything itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NoReturn

from PIL import Image

from core.encoders.base import Encoder, Scoring, Vectors
from core.encoders.registry import get_encoder_info
from core.errors import EncoderError

PREFIX = "imported:"
LEAST_DIM, MOST_DIM = 2, 4096

_NAME = re.compile(r"imported:(?P<title>\w[\w .\-]{0,59}):(?P<dim>\d{1,4})")


class ImportedEncoder:
    """Opens by its name alone, "imported:NAME:DIM", on any machine.

    It has no towers: features that use stored vectors work (maps, clusters, neighbors, more like this); encoding raises
    EncoderError with the reason.
    """

    batch_size = 1
    min_side = 1
    templates = ("{}",)
    scoring = Scoring("softmax", 100.0)
    reads_words = False

    def __init__(self, name: str) -> None:
        found = _NAME.fullmatch(name)
        if found is None or not LEAST_DIM <= int(found["dim"]) <= MOST_DIM:
            raise EncoderError(
                f"{name!r} names no imported vectors: their names look like imported:NAME:512, the last part is their "
                f"length ({LEAST_DIM} to {MOST_DIM})."
            )
        self.name = self.id = name
        self.title = found["title"]
        self.dim = int(found["dim"])

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        """Raises EncoderError."""
        self._refuse("pictures and videos cannot be embedded like them here: import vectors of these files")

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Raises EncoderError."""
        self._refuse("typed words cannot be compared with them: ask with items of the library (More like this)")

    def _refuse(self, what: str) -> NoReturn:
        raise EncoderError(
            f"The vectors {self.title!r} were imported, so {what}, or choose an encoder that is installed."
        )


def imported_name(title: str, dim: int) -> str:
    """The name that opens the encoder of imported vectors. Raises EncoderError for an invalid title or length."""
    title = " ".join(title.split())
    if not re.fullmatch(r"\w[\w .\-]{0,59}", title):
        raise EncoderError("A name for imported vectors has 1 to 60 letters, digits, spaces, dots or dashes.")
    if not LEAST_DIM <= dim <= MOST_DIM:
        raise EncoderError(f"Vectors of {dim} numbers cannot be imported: {LEAST_DIM} to {MOST_DIM} are possible.")
    return f"{PREFIX}{title}:{dim}"


def imported_title(name: str) -> str | None:
    """The name for people, "NAME, imported (512 dimensions)"; None for other names."""
    found = _NAME.fullmatch(name)
    return f"{found['title']}, imported ({found['dim']} dimensions)" if found else None


def supports_text(encoder: Encoder) -> bool:
    """Whether an encoder can embed texts; imported vectors, reductions of them and image-only encoders cannot."""
    base = getattr(encoder, "base", encoder)
    info = get_encoder_info(base.name)
    return bool(getattr(base, "reads_words", True)) and (info is None or "text" in info.modalities)
