"""The parts of a vector that only pictures, or only texts, fill: principal components of what a tower gives.

`core.encoders.embedded.heads` says how a vector is made of them; tools/fit_parts.py measured the settings.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tqdm import tqdm

from core.encoders.base import unit_rows
from core.encoders.embedded.text_tower import text_tower
from core.encoders.embedded.weights import text_weights, tokenizer_file


@dataclass(frozen=True)
class PartSettings:
    """dim: principal components. share: of the part in a cosine, 0 to 1. whitening: 0 keeps the spread of each, 1 makes
    all equal."""

    dim: int
    share: float
    whitening: float


VISUAL = PartSettings(dim=192, share=0.5, whitening=1.0)
SENTENCE = PartSettings(dim=77, share=0.3, whitening=0.5)
SOFTMAX_SCALE = 29.6  # for the joint parts; tools/fit_classes.py prints it for whole vectors, at 0.59 of the cosines
_BATCH, _TOKENS, _WIDTH = 64, 128, 384

Floats = NDArray[np.float32]


def sample_texts(captions: list[str], others: list[str]) -> list[str]:
    """About as many captions, which are all alike, as other texts."""
    return captions[:: max(1, len(captions) // len(others))] + others


def read_sentences(texts: list[str]) -> Floats:
    """Texts (n, 384) by MiniLM without adapters."""
    tokenizer = Tokenizer.from_file(str(tokenizer_file()))
    tokenizer.enable_truncation(_TOKENS)
    tokenizer.enable_padding()
    session = ort.InferenceSession(text_tower(text_weights()).SerializeToString())
    order = sorted(range(len(texts)), key=lambda row: len(texts[row]))  # alike together, so that little is padding
    sentences = np.empty((len(texts), _WIDTH), np.float32)
    for start in tqdm(range(0, len(texts), _BATCH), "texts", unit="batch"):
        rows = order[start : start + _BATCH]
        tokens = tokenizer.encode_batch([texts[row] for row in rows])
        ids, mask = (
            np.array(side, np.int64) for side in zip(*((t.ids, t.attention_mask) for t in tokens), strict=True)
        )
        sentences[rows] = session.run(["sentence"], {"ids": ids, "mask": mask})[0]
    return sentences


def fit_parts(
    features: NDArray[np.floating],
    sentences: NDArray[np.floating] | None,
    *,
    visual: PartSettings | None = VISUAL,
    sentence: PartSettings | None = SENTENCE,
) -> dict[str, NDArray[np.floating]]:
    """The tensors that a heads file needs for both parts, and the scale of its softmax; None leaves a part out.

    Parameters
    ----------
    features : ndarray, shape (n, 1280)
        Of photos, by the branch of the image tower that was not tuned.
    sentences : ndarray, shape (m, 384)
        Of texts, by MiniLM without adapters.
    """
    tensors: dict[str, NDArray[np.floating]] = {"softmax.scale": np.array(SOFTMAX_SCALE, np.float32)}
    if visual:
        tensors |= _principal_components("visual", features, visual)
    if sentence and sentences is not None:
        tensors |= _principal_components("sentence", unit_rows(sentences), sentence)
    return tensors


def _principal_components(
    name: str, rows: NDArray[np.floating], settings: PartSettings
) -> dict[str, NDArray[np.floating]]:
    mean = rows.mean(axis=0, dtype=np.float64)
    variances, axes = np.linalg.eigh(np.cov(rows.astype(np.float64), rowvar=False))
    largest = np.argsort(-variances)[: settings.dim]
    components = axes[:, largest] * np.maximum(variances[largest], 1e-12) ** (-settings.whitening / 2)
    components *= 1 / np.abs(components).max()  # only the directions of rows count, and half precision is narrow
    return {
        f"{name}.mean": mean.astype(np.float16),
        f"{name}.components": np.ascontiguousarray(components.T, np.float16),
        f"{name}.share": np.array(settings.share, np.float32),
    }
