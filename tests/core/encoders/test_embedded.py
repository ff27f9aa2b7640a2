"""The embedded encoder on real photos, and the care taken of its prepared models. Offline."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.config import get_home
from core.encoders import open_encoder
from core.encoders.embedded.encoder import EmbeddedEncoder
from core.encoders.embedded.heads import HEADS_FILE, Heads
from core.errors import EncoderError
from core.library.samples.sources import sample_sources
from core.progress import Progress

pytestmark = pytest.mark.slow

QUERIES = {
    "a photo of a cat": "chelsea.png",
    "a cup of coffee": "coffee.png",
    "a rocket launch": "rocket.jpg",
    "a motorcycle": "motorcycle.png",
    "a flower": "flower.jpg",
}


@pytest.fixture(scope="module")
def encoder() -> EmbeddedEncoder:
    opened = open_encoder("embedded")
    assert isinstance(opened, EmbeddedEncoder)
    return opened


@pytest.fixture(scope="module")
def pictures() -> dict[str, Image.Image]:
    return {name: Image.open(path).convert("RGB") for name, path in sample_sources().items()}


@pytest.mark.parametrize(("query", "expected"), QUERIES.items())
def test_query_ranks_the_right_photo_first(
    encoder: EmbeddedEncoder, pictures: dict[str, Image.Image], query: str, expected: str
) -> None:
    if expected not in pictures:
        pytest.skip(f"{expected} is not in the installed packages")
    scores = encoder.encode_images(list(pictures.values())) @ encoder.encode_texts([query])[0]
    assert list(pictures)[int(scores.argmax())] == expected


def test_class_probabilities_are_confident_about_a_clear_photo(
    encoder: EmbeddedEncoder, pictures: dict[str, Image.Image]
) -> None:
    names = ["tabby cat", "golden retriever", "space shuttle", "espresso", "acoustic guitar", "airliner"]
    prompts = encoder.encode_texts([f"a photo of a {name}" for name in names])
    probabilities = encoder.scoring.probabilities(encoder.encode_images([pictures["chelsea.png"]]) @ prompts.T)[0]
    assert names[int(probabilities.argmax())] == "tabby cat"
    assert probabilities.max() > 0.8


def test_grey_palette_and_transparent_pictures_keep_their_meaning(
    encoder: EmbeddedEncoder, pictures: dict[str, Image.Image]
) -> None:
    cat = pictures["chelsea.png"]
    variants = [cat, cat.convert("RGBA"), cat.convert("P"), cat.convert("L")]
    vectors = encoder.encode_images(variants)
    assert vectors[1] @ vectors[0] > 0.999
    assert vectors[2] @ vectors[0] > 0.8
    assert vectors[3] @ vectors[0] > 0.5


@pytest.mark.parametrize("size", [(1, 2000), (2000, 1), (1, 1), (3000, 20)])
def test_extreme_shapes_have_vectors(encoder: EmbeddedEncoder, size: tuple[int, int]) -> None:
    vector = encoder.encode_images([Image.new("RGB", size, "orange")])
    assert np.isfinite(vector).all() and np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)


def test_neighbours_in_a_batch_change_nothing(encoder: EmbeddedEncoder, pictures: dict[str, Image.Image]) -> None:
    images = list(pictures.values())[:5]
    texts = ["a dog", "two men playing football in front of a large crowd on a sunny day", "rain", "a", "the sea"]
    singly = np.concatenate([encoder.encode_images([image]) for image in images])
    assert encoder.encode_images(images) == pytest.approx(singly, abs=1e-4)
    singly = np.concatenate([encoder.encode_texts([text]) for text in texts])
    assert encoder.encode_texts(texts) == pytest.approx(singly, abs=1e-5)


def test_order_is_kept_whatever_the_lengths(encoder: EmbeddedEncoder) -> None:
    texts = [f"{'very ' * (number * 7 % 30)}large dog number {number}" for number in range(150)]
    vectors = encoder.encode_texts(texts)
    for number in (0, 63, 64, 149):
        assert vectors[number] @ encoder.encode_texts([texts[number]])[0] > 0.9999


def test_a_very_long_text_is_cut_and_an_empty_one_is_taken(encoder: EmbeddedEncoder) -> None:
    endless = "a dog on a beach " * 5000
    vectors = encoder.encode_texts([endless, endless + "and a cat", ""])
    assert vectors[0] == pytest.approx(vectors[1], abs=1e-5)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)


def test_none_in_none_out(encoder: EmbeddedEncoder) -> None:
    assert encoder.encode_images([]).shape == (0, encoder.dim)
    assert encoder.encode_texts([]).shape == (0, encoder.dim)


def test_threads_see_equal_vectors(pictures: dict[str, Image.Image]) -> None:
    fresh = EmbeddedEncoder("embedded")  # so that the first load happens under the threads too
    images, texts = list(pictures.values())[:6], ["a cat", "a rocket"]
    with ThreadPoolExecutor(4) as pool:
        seen = list(pool.map(lambda _: (fresh.encode_images(images), fresh.encode_texts(texts)), range(8)))
    for vectors, words in seen:
        assert vectors == pytest.approx(seen[0][0], abs=1e-5)
        assert words == pytest.approx(seen[0][1], abs=1e-5)


def test_preparation_is_told_once_and_reused(encoder: EmbeddedEncoder) -> None:
    encoder.encode_texts(["ready"])
    predictions: list[Progress] = []
    again = open_encoder("embedded", on_progress=predictions.append)
    assert again.id == encoder.id
    again.encode_texts(["a cat"])
    assert predictions == []


def test_opening_prepares_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEMBLANCE_HOME", str(tmp_path))
    assert open_encoder("embedded").dim > 0
    assert list(tmp_path.iterdir()) == []


def test_cut_model_files_are_made_anew(
    encoder: EmbeddedEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = encoder.encode_texts(["a cat"])
    models = tmp_path / "models"
    models.mkdir()
    for path in (get_home() / "models").glob(f"{encoder.id}*.onnx"):
        content = path.read_bytes()
        (models / path.name).write_bytes(content[: len(content) // 2])
    monkeypatch.setenv("SEMBLANCE_HOME", str(tmp_path))
    predictions: list[Progress] = []
    again = open_encoder("embedded", on_progress=predictions.append)
    assert again.encode_texts(["a cat"]) == pytest.approx(expected, abs=1e-6)
    assert predictions[-1].fraction == 1.0
    assert {path.suffix for path in models.iterdir()} == {".onnx"}  # and no half-written file beside them


def test_two_processes_may_prepare_at_once(encoder: EmbeddedEncoder, tmp_path: Path) -> None:
    program = "from core.encoders import open_encoder\nprint(*open_encoder('embedded').encode_texts(['a cat'])[0][:3])"
    surroundings = os.environ | {"SEMBLANCE_HOME": str(tmp_path)}
    root = Path(__file__).resolve().parents[3]
    running = [
        subprocess.Popen([sys.executable, "-c", program], cwd=root, env=surroundings, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    printed = [process.communicate(timeout=120)[0].split() for process in running]
    assert [process.returncode for process in running] == [0, 0]
    for numbers in printed:
        assert [float(number) for number in numbers] == pytest.approx(encoder.encode_texts(["a cat"])[0][:3], abs=1e-5)
    assert {path.suffix for path in (tmp_path / "models").iterdir()} == {".onnx"}


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("SEMBLANCE_HOME", str(blocked))
    with pytest.raises(EncoderError, match="SEMBLANCE_HOME"):
        open_encoder("embedded").encode_texts(["a cat"])


@pytest.mark.parametrize("content", [b"", b"no tensors here", None])
def test_damaged_or_missing_heads_name_the_cure(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "heads.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(EncoderError, match="train_alignment"):
        Heads.load(path)


def test_heads_cut_short_name_the_cure(tmp_path: Path) -> None:
    path = tmp_path / "heads.safetensors"
    path.write_bytes(HEADS_FILE.read_bytes()[:-1000])
    with pytest.raises(EncoderError, match="train_alignment"):
        Heads.load(path)


def test_other_heads_have_another_id(tmp_path: Path, encoder: EmbeddedEncoder) -> None:
    from safetensors.numpy import load_file, save_file

    tensors = load_file(HEADS_FILE)
    tensors["image.skip.bias"] = tensors["image.skip.bias"] + 1
    save_file(tensors, tmp_path / "heads.safetensors")
    assert Heads.load(tmp_path / "heads.safetensors").digest[:12] not in encoder.id
