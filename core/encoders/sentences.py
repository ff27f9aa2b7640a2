"""The sentence encoder: how texts are compared with texts, whichever encoder a library has for its pictures.

A dual encoder is trained on captions. In its space, a question is farther from the passage that answers it than in the
space of a model that was trained on pairs of sentences (`python -m core eval text` measures it), and the text tower of
CLIP reads no more than 77 word pieces. So passages have vectors of such a model as well, in a table of their own. Which
model that is, is decided in `open_sentence_encoder` alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, NoReturn

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.encoders.base import Scoring, Vectors, unit_rows
from core.errors import EncoderError

if TYPE_CHECKING:
    import onnx
    import onnxruntime as ort
    from tokenizers import Tokenizer

SENTENCE_PREFIX = "sentence:"  # of the names of sentence encoders, whose vectors are no choice for pictures
_MAX_TOKENS = 256
_DIM = 384


@dataclass(frozen=True, slots=True)
class Tokens:
    """The word pieces of a text, each as the encoder understands it where it stands.

    Attributes
    ----------
    vectors : ndarray of float32, shape (t, 384)
        Not of unit length. Their mean over a part of the text is the part in the light of the whole.
    starts, ends : ndarray of int64, shape (t,)
        Characters of the text. What lies behind 256 pieces is missing.
    """

    vectors: Vectors
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


class SentenceEncoder:
    """all-MiniLM-L6-v2 [1]_ as it was trained on a billion pairs of sentences, without adapters for pictures.

    Its weights are in the package that the embedded encoder has its text tower from, so it works offline. It is an
    `Encoder` for texts alone. The first encode prepares the model once per machine (some seconds, 90 MB under
    `SEMBLANCE_HOME/models`).

    References
    ----------
    .. [1] Reimers and Gurevych 2019, "Sentence-BERT"; Wang et al. 2020, "MiniLM"
    """

    name = f"{SENTENCE_PREFIX}all-MiniLM-L6-v2"
    id = "sentence-1-all-minilm-l6-v2"
    dim = _DIM
    batch_size = 64
    min_side = 1
    templates = ("{}",)
    scoring = Scoring("softmax", 20.0)

    def __init__(self) -> None:
        self._lock = Lock()
        self._opened: tuple[Tokenizer, ort.InferenceSession] | None = None

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        """Raises EncoderError."""
        _refuse()

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Vectors of texts, cut after 256 word pieces: float32 (n, 384), unit rows. Raises EncoderError."""
        from core.encoders.embedded.tokens import batch_tokens

        tokenizer, session = self._open()
        vectors = np.zeros((len(texts), _DIM), np.float32)
        for chosen, inputs in batch_tokens(tokenizer, texts):
            vectors[chosen] = unit_rows(session.run(["sentence"], inputs)[0])
        return vectors

    def encode_tokens(self, texts: Sequence[str]) -> list[Tokens]:
        """The vectors of the word pieces of texts, cut after 256 pieces. Raises EncoderError."""
        from core.encoders.embedded.tokens import batch_tokens

        tokenizer, session = self._open()
        found: dict[int, Tokens] = {}
        for chosen, inputs in batch_tokens(tokenizer, texts):
            (states,) = session.run(["states"], inputs)
            for number, row in zip(chosen, states, strict=True):
                places = np.array(tokenizer.encode(texts[number]).offsets, np.int64)
                is_word = np.flatnonzero(places[:, 1] > places[:, 0])  # the marks of beginning and end have no place
                found[number] = Tokens(row[is_word], places[is_word, 0], places[is_word, 1])
        return [found[number] for number in range(len(texts))]

    def _open(self) -> tuple[Tokenizer, ort.InferenceSession]:
        from core.encoders.embedded.tokens import open_tokenizer
        from core.encoders.embedded.weights import open_session

        with self._lock:
            if self._opened is None:
                self._opened = open_tokenizer(_MAX_TOKENS), open_session(f"{self.id}-states", _build)
            return self._opened


@lru_cache(maxsize=1)
def open_sentence_encoder() -> SentenceEncoder:
    """The encoder of passages and of what is asked of them: one for the process, so that its model loads once."""
    return SentenceEncoder()


def _build() -> onnx.ModelProto:
    from core.encoders.embedded.text_tower import text_tower
    from core.encoders.embedded.weights import text_weights

    return text_tower(text_weights(), states=True)


def _refuse() -> NoReturn:
    raise EncoderError("The sentence encoder embeds texts alone: open another encoder for pictures.")
