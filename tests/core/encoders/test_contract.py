"""One contract, all encoders."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from fakes import ColorEncoder
from PIL import Image
from tiny_models import save_tiny_clip, save_tiny_siglip, save_tiny_siglip2

from core.encoders import (
    Encoder,
    EncoderInfo,
    Scoring,
    encoder_names,
    get_calibration,
    open_encoder,
    register_encoder,
    unregister_encoder,
)
from core.encoders.adapted import Adapter, LowRankMap, save_adapter
from core.encoders.calibration import Calibration
from core.encoders.reduced import learn_reduction, save_reduction
from core.errors import EncoderError

pytestmark = pytest.mark.slow

TINY = {"tiny clip": save_tiny_clip, "tiny siglip": save_tiny_siglip, "tiny siglip 2": save_tiny_siglip2}


@pytest.fixture(scope="module", params=["fake", "registered", "reduced", "adapted", "embedded", *TINY])
def encoder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Encoder]:
    """Every kind of encoder that `open_encoder` opens and that embeds."""
    if request.param in TINY:
        yield open_encoder(str(TINY[request.param](tmp_path_factory.mktemp("models") / "model")))
    elif request.param == "embedded":
        yield open_encoder("embedded")
    elif request.param == "fake":
        yield ColorEncoder()
    else:
        register_encoder(EncoderInfo("toy", "Toy", lambda name, _: ColorEncoder("toy-1", name)))
        toy = open_encoder("toy")
        if request.param == "reduced":
            reduction = learn_reduction(toy, toy.encode_texts(["red", "blue", "green", "a cat", "a dog"]), 16)
            save_reduction(reduction)
            toy = open_encoder(reduction.name)
        elif request.param == "adapted":
            maps = [make_map(toy.dim, seed) for seed in (0, 1)]
            adapter = Adapter("toy pictures", toy.id, toy.name, *maps)
            save_adapter(adapter)
            toy = open_encoder(adapter.name)
        yield toy
        unregister_encoder("toy")


def make_map(dim: int, seed: int) -> LowRankMap:
    rng = np.random.default_rng(seed)
    return LowRankMap(*(0.1 * rng.normal(size=shape).astype(np.float32) for shape in ((4, dim), (dim, 4))))


@pytest.fixture(scope="module")
def pictures() -> list[Image.Image]:
    rng = np.random.default_rng(0)
    shapes = [(64, 64), (200, 90), (31, 300), (1, 1), (640, 480)]
    return [Image.fromarray(rng.integers(0, 255, (h, w, 3), np.uint8)) for w, h in shapes]


def test_it_is_an_encoder(encoder: Encoder) -> None:
    assert isinstance(encoder, Encoder)
    assert encoder.id and encoder.name and encoder.dim > 0 and encoder.batch_size > 0 and encoder.min_side > 0
    assert all(template.count("{}") == 1 for template in encoder.templates) and encoder.templates


def test_its_thresholds_are_cosines_below_1(encoder: Encoder, pictures: list[Image.Image]) -> None:
    found = get_calibration(encoder)
    assert isinstance(found, Calibration)
    at = found.at(encoder.encode_images(pictures))
    for name in ("same_image", "near_duplicate", "nearly_identical", "duplicate", "duplicate_frame"):
        assert 0 < getattr(at, name) < 1, name
    assert at.library_baseline is None and at.duplicate <= at.duplicate_frame


def test_opening_its_name_gives_its_vectors(encoder: Encoder, pictures: list[Image.Image]) -> None:
    if not isinstance(encoder, ColorEncoder) or encoder.name == "toy":
        again = open_encoder(encoder.name)
        assert (again.id, again.dim) == (encoder.id, encoder.dim)
        np.testing.assert_allclose(again.encode_texts(["red"]), encoder.encode_texts(["red"]), atol=1e-3)


def test_vectors_are_unit_float32_rows_of_one_space(encoder: Encoder, pictures: list[Image.Image]) -> None:
    texts = ["a cat", "", "?!", "word " * 2000, "caf\u00e9 \N{GRINNING FACE}"]
    for vectors, count in ((encoder.encode_images(pictures), len(pictures)), (encoder.encode_texts(texts), len(texts))):
        assert vectors.shape == (count, encoder.dim) and vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-3)


def test_nothing_in_nothing_out(encoder: Encoder) -> None:
    assert encoder.encode_images([]).shape == encoder.encode_texts([]).shape == (0, encoder.dim)


def test_a_vector_does_not_depend_on_its_batch(encoder: Encoder, pictures: list[Image.Image]) -> None:
    together = encoder.encode_images(pictures)
    alone = np.concatenate([encoder.encode_images([picture]) for picture in pictures])
    assert (together * alone).sum(axis=1).min() > 0.999
    texts = ["a cat", "a much longer text about two dogs that run along a beach at sunset"]
    together = encoder.encode_texts(texts)
    alone = np.concatenate([encoder.encode_texts([text]) for text in texts])
    assert (together * alone).sum(axis=1).min() > 0.999


def test_different_inputs_differ(encoder: Encoder, pictures: list[Image.Image]) -> None:
    images = encoder.encode_images([pictures[0], pictures[4]])
    texts = encoder.encode_texts(["a red car", "blue moon over the sea"])
    assert images[0] @ images[1] < 0.9999 and texts[0] @ texts[1] < 0.9999


def test_threads_agree(encoder: Encoder, pictures: list[Image.Image]) -> None:
    expected = encoder.encode_images(pictures[:2])
    with ThreadPoolExecutor(4) as pool:
        for vectors in pool.map(lambda _: encoder.encode_images(pictures[:2]), range(8)):
            np.testing.assert_allclose(vectors, expected, atol=2e-2)


def test_probabilities_are_probabilities(encoder: Encoder, pictures: list[Image.Image]) -> None:
    similarities = encoder.encode_images(pictures) @ encoder.encode_texts(["a cat", "a dog", "a tree"]).T
    probabilities = encoder.scoring.probabilities(similarities)
    assert probabilities.shape == similarities.shape and (probabilities >= 0).all() and (probabilities <= 1).all()
    if encoder.scoring.activation == "softmax":
        np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, atol=1e-5)
    # a better match never gets a lower probability than a worse one of the same row
    best = similarities.argmax(axis=1)
    np.testing.assert_array_equal(probabilities.argmax(axis=1), best)


def test_scoring_follows_its_formulas() -> None:
    cosines = np.array([[0.3, 0.1]])
    odds = np.exp(np.array([30.0, 10.0]))
    np.testing.assert_allclose(Scoring("softmax", 100.0).probabilities(cosines)[0], odds / odds.sum(), rtol=1e-5)
    logits = 10 * cosines - 2
    expected = 1 / (1 + np.exp(-logits))
    np.testing.assert_allclose(Scoring("sigmoid", 10.0, -2.0).probabilities(cosines), expected, rtol=1e-5)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(EncoderError, match="embedded") as caught:
        open_encoder("nonsense")
    assert all(name in str(caught.value) for name in encoder_names())


def test_opening_by_name_gives_the_same_encoder_again(tmp_path: Path) -> None:
    folder = save_tiny_clip(tmp_path / "model")
    first = open_encoder(str(folder))
    assert open_encoder(first.name).id == first.id
