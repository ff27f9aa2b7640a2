"""The parts of a vector that only pictures, or only texts, fill. The towers' outputs are made up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from core.encoders.embedded.heads import HEADS_FILE, Heads

OWN = ("visual", "sentence")
Floats = NDArray[np.float32]


@pytest.fixture
def outputs() -> dict[str, Floats]:
    rng = np.random.default_rng(0)
    widths = {"features": 1280, "logits": 1000, "original": 1280, "sentences": 384, "plain": 384}
    return {name: rng.random((6, width), np.float32) for name, width in widths.items()}


def make_heads(folder: Path, **more: Floats) -> Heads:
    """The learned part and the classes of the shipped heads, with other tensors."""
    tensors = {name: value for name, value in load_file(HEADS_FILE).items() if not name.startswith(OWN)}
    path = folder / f"{'-'.join(more) or 'joint'}.safetensors"
    save_file(tensors | more, path)
    return Heads.load(path)


def make_part(name: str, width: int, size: int, share: float) -> dict[str, Floats]:
    rng = np.random.default_rng(1)
    components = rng.normal(size=(size, width)).astype(np.float32)
    return {f"{name}.mean": np.full(width, 0.5, np.float32), f"{name}.components": components} | {
        f"{name}.share": np.array(share, np.float32)
    }


@pytest.fixture
def joint(tmp_path: Path) -> Heads:
    return make_heads(tmp_path)


@pytest.fixture
def both(tmp_path: Path) -> Heads:
    return make_heads(tmp_path, **make_part("visual", 1280, 20, 0.64), **make_part("sentence", 384, 10, 0.19))


def encode(heads: Heads, outputs: dict[str, Floats]) -> tuple[Floats, Floats]:
    pictures = heads.image_vectors(outputs["features"], outputs["logits"], outputs["original"])
    return pictures, heads.text_vectors(outputs["sentences"], outputs["plain"])


def test_cosines_of_texts_and_pictures_are_those_of_the_joint_parts_times_a_constant(
    joint: Heads, both: Heads, outputs: dict[str, Floats]
) -> None:
    pictures, texts = encode(joint, outputs)
    more_pictures, more_texts = encode(both, outputs)
    assert both.cross_modal_scale == pytest.approx(0.6 * 0.9, abs=1e-6)
    assert more_texts @ more_pictures.T == pytest.approx(both.cross_modal_scale * (texts @ pictures.T), abs=1e-6)
    assert both.softmax_scale * both.cross_modal_scale == pytest.approx(joint.softmax_scale)


def test_each_kind_fills_its_own_part_and_leaves_the_other_empty(both: Heads, outputs: dict[str, Floats]) -> None:
    pictures, texts = encode(both, outputs)
    ranges = {part.name: slice(part.start, part.stop) for part in both.parts}
    assert list(ranges) == ["learned", "classes", "spare", "visual", "sentence"]
    assert [part.only for part in both.parts] == [None, None, None, "image", "text"]
    assert pictures.shape[1] == both.dim == both.parts[-1].stop
    assert (np.square(pictures[:, ranges["visual"]]).sum(axis=1)) == pytest.approx(0.64, abs=1e-5)
    assert (np.square(texts[:, ranges["sentence"]]).sum(axis=1)) == pytest.approx(0.19, abs=1e-5)
    assert not pictures[:, ranges["sentence"]].any() and not texts[:, ranges["visual"]].any()
    for rows in (pictures, texts):
        assert np.linalg.norm(rows, axis=1) == pytest.approx(1.0, abs=1e-6)


def test_heads_without_own_parts_give_the_joint_parts_alone(joint: Heads, outputs: dict[str, Floats]) -> None:
    pictures, texts = encode(joint, outputs)
    assert joint.cross_modal_scale == 1.0
    assert [part.name for part in joint.parts] == ["learned", "classes", "spare"]
    assert np.array_equal(pictures, joint.image_vectors(outputs["features"], outputs["logits"]))
    assert np.array_equal(texts, joint.text_vectors(outputs["sentences"]))


def test_a_part_without_its_outputs_is_refused(both: Heads, outputs: dict[str, Floats]) -> None:
    with pytest.raises(ValueError, match="visual"):
        both.image_vectors(outputs["features"], outputs["logits"])
    with pytest.raises(ValueError, match="sentence"):
        both.text_vectors(outputs["sentences"])
