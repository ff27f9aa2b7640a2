"""The encoder of imported vectors, which cannot embed anything itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NoReturn

from PIL import Image

from core.encoders.base import Encoder, Scoring, Vectors, get_root
from core.encoders.registry import get_encoder_info
from core.errors import EncoderError

PREFIX = "imported:"
LEAST_DIM, MOST_DIM = 2, 4096

_NAME = re.compile(r"imported:(?P<title>\w[\w .\-]{0,59}):(?P<dim>\d{1,4})")


class ImportedEncoder:
    """Opens by its name alone, "imported:NAME:DIM", on any machine.

    It has no towers. Features that use stored vectors work (maps, clusters, neighbors, more like this); encoding raises
    EncoderError.
    """

    batch_size = 1
    min_side = 1
    templates = ("{}",)
    scoring = Scoring("softmax", 100.0)
    reads_words = False

    def __init__(self, name: str) -> None:
        match = _NAME.fullmatch(name)
        if match is None or not LEAST_DIM <= int(match["dim"]) <= MOST_DIM:
            raise EncoderError(
                f"{name!r} is not the name of imported vectors: expected imported:NAME:512, where the last part is "
                f"their length ({LEAST_DIM} to {MOST_DIM})."
            )
        self.name = self.id = name
        self.title = match["title"]
        self.dim = int(match["dim"])

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        """Raises EncoderError."""
        self._refuse("their encoder cannot embed other pictures and videos: import vectors of these files")

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Raises EncoderError."""
        self._refuse("their encoder cannot embed text: search with items of the library (More like this)")

    def _refuse(self, reason: str) -> NoReturn:
        raise EncoderError(f"The vectors {self.title!r} were imported, so {reason}, or choose an installed encoder.")


def imported_name(title: str, dim: int) -> str:
    """The name that opens the encoder of imported vectors. Raises EncoderError for an invalid title or length."""
    title = " ".join(title.split())
    if not re.fullmatch(r"\w[\w .\-]{0,59}", title):
        raise EncoderError("A name for imported vectors has 1 to 60 letters, digits, spaces, dots or dashes.")
    if not LEAST_DIM <= dim <= MOST_DIM:
        raise EncoderError(f"Vectors have {LEAST_DIM} to {MOST_DIM} dimensions, not {dim}.")
    return f"{PREFIX}{title}:{dim}"


def imported_title(name: str) -> str | None:
    """Display name, "NAME, imported (512 dimensions)"; None for other names."""
    match = _NAME.fullmatch(name)
    return f"{match['title']}, imported ({match['dim']} dimensions)" if match else None


def supports_text(encoder: Encoder) -> bool:
    """Whether an encoder embeds texts. Imported vectors, what is derived from them, and image-only encoders do not."""
    base = get_root(encoder)
    info = get_encoder_info(base.name)
    return bool(getattr(base, "reads_words", True)) and (info is None or "text" in info.modalities)
