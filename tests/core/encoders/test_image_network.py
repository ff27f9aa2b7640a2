"""OpenVINO beside ONNX Runtime: same vectors within the bounds, used after a trial, refused for good. Offline."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import core.encoders.embedded.image_network as image_network
from core.encoders.embedded.image_network import ImageNetwork, Verdict

SIDE = 4
NAMES = ["features", "logits"]


class Heads:
    """Heads whose vector is the features, normalized."""

    has_visual_part = False

    def image_vectors(self, features: np.ndarray, logits: np.ndarray) -> np.ndarray:
        return (features / np.linalg.norm(features, axis=1, keepdims=True)).astype(np.float32)


def outputs(pixels: np.ndarray) -> list[np.ndarray]:
    features = pixels.reshape(len(pixels), -1).astype(np.float32) + 1
    return [features, features]


class Session:
    """Stands for ONNX Runtime: slow, and counts its calls."""

    def __init__(self) -> None:
        self.calls = 0

    def run(self, names: list[str], inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        self.calls += 1
        return [array for _ in range(2_000) for array in outputs(inputs["pixels"])][-len(names) :]


def make_pixels(count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, SIDE, SIDE, 3), np.uint8)


def make_network(
    monkeypatch: pytest.MonkeyPatch, folder: Path, other: object, *, is_alone: bool = False
) -> tuple[ImageNetwork, Session]:
    monkeypatch.setattr(image_network, "version", lambda name: "1")
    monkeypatch.setattr(image_network, "open_openvino", lambda path, names: other)
    session = Session()
    return ImageNetwork(session, folder / "tower.onnx", Heads(), is_alone=is_alone), session  # type: ignore[arg-type]


def test_it_takes_over_after_enough_pictures_and_in_the_next_process(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    network, session = make_network(monkeypatch, tmp_path, outputs)
    pixels = make_pixels(image_network.TRIAL_PICTURES)
    with caplog.at_level(logging.INFO):
        expected = network.vectors(pixels)
        after = network.vectors(pixels)
    assert session.calls == 1 and np.array_equal(expected, after)
    assert sum("OpenVINO" in line for line in caplog.messages) == 1
    later, session = make_network(monkeypatch, tmp_path, outputs)
    later.vectors(pixels[:8])
    later.vectors(pixels[:8])
    assert session.calls == 1


def test_other_vectors_are_refused_for_good_with_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    network, session = make_network(monkeypatch, tmp_path, lambda pixels: outputs(255 - pixels))
    pixels = make_pixels(image_network.TRIAL_PICTURES)
    with caplog.at_level(logging.INFO):
        vectors = [network.vectors(pixels) for _ in range(3)]
    assert session.calls == 3 and np.array_equal(vectors[0], vectors[2])
    assert ["is not used" in line for line in caplog.messages] == [True]
    (verdict,) = tmp_path.glob("*.json")
    assert json.loads(verdict.read_text())["mean_cosine"] < image_network.LEAST_MEAN_COSINE
    again, session = make_network(monkeypatch, tmp_path, lambda pixels: pytest.fail("it is not asked again"))
    again.vectors(pixels)


def test_pictures_get_their_vectors_if_it_breaks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(pixels: np.ndarray) -> list[np.ndarray]:
        raise RuntimeError("no such instruction")

    network, session = make_network(monkeypatch, tmp_path, broken)
    vectors = [network.vectors(make_pixels(8)) for _ in range(2)]
    assert session.calls == 2 and vectors[1].shape == (8, SIDE * SIDE * 3)
    assert ["no such instruction" in line for line in caplog.messages] == [True]


def test_a_small_server_never_tries_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    network, _ = make_network(monkeypatch, tmp_path, lambda pixels: pytest.fail("tried"), is_alone=True)
    assert len(network.vectors(make_pixels(2))) == 2


@pytest.mark.parametrize(
    ("mean", "smallest", "speedup", "accepted"),
    [(0.999, 0.995, 1.5, True), (0.997, 0.995, 1.5, False), (0.999, 0.98, 1.5, False), (0.999, 0.995, 0.9, False)],
)
def test_it_must_agree_and_be_faster(mean: float, smallest: float, speedup: float, accepted: bool) -> None:
    assert Verdict(256, mean, smallest, speedup).is_accepted == accepted


_EMBEDS = """
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(event) if event.startswith("socket.") else None)
import numpy as np
from PIL import Image
from core.encoders import open_encoder
from core.encoders.embedded.image_network import open_openvino
from core.encoders.embedded.weights import get_model_path
encoder = open_encoder("embedded")
pixels = np.random.default_rng(0).integers(0, 256, (4, 260, 260, 3), np.uint8)
expected = encoder.encode_images([Image.fromarray(row) for row in pixels])
assert np.isfinite(expected).all()
engine = open_openvino(get_model_path(encoder.id + "-image"), ["features", "logits", "original"])
assert [array.shape for array in engine(pixels)] == [(4, 1280), (4, 1000), (4, 1280)]
assert not opened, opened
"""


@pytest.mark.slow
def test_openvino_runs_the_tower_and_opens_no_socket() -> None:
    pytest.importorskip("openvino", reason="openvino is not installed")
    done = subprocess.run([sys.executable, "-c", _EMBEDS], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
