"""The text tower's two branches: with adapters and plain, in one pass."""

from __future__ import annotations

import numpy as np
import onnxruntime as ort
import pytest
from numpy.typing import NDArray
from onnx import ModelProto

from core.encoders.embedded.text_tower import merge_adapters, text_tower
from core.encoders.embedded.weights import text_weights

ADAPTED = "encoder.layer.5.output.dense"


def run(tower: ModelProto) -> list[NDArray[np.float32]]:
    feed = {"ids": np.array([[101, 1037, 3899, 102], [101, 4937, 102, 0]]), "mask": np.array([[1] * 4, [1, 1, 1, 0]])}
    return ort.InferenceSession(tower.SerializeToString()).run(None, feed)


@pytest.mark.slow
def test_both_branches_equal_the_towers_with_and_without_adapters() -> None:
    rng, weights = np.random.default_rng(0), text_weights()
    out, width = weights[f"{ADAPTED}.weight"].shape
    sides = {"up": rng.normal(size=(out, 2)), "down": rng.normal(size=(2, width))}
    adapters = {f"{ADAPTED}.{side}": (0.1 * matrix).astype(np.float32) for side, matrix in sides.items()}
    merged = merge_adapters(weights, adapters)
    sentence, plain = run(text_tower(merged, plain=True))
    assert np.array_equal(plain, run(text_tower(weights))[0])
    assert np.array_equal(sentence, run(text_tower(merged))[0])
    assert np.abs(sentence - plain).max() > 0.01
