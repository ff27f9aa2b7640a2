"""Hub encoders give the vectors and probabilities of transformers' own code."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from PIL import Image
from safetensors.torch import load_file
from tiny_models import save_tiny_clip, save_tiny_siglip, save_tiny_siglip2

from core.encoders import Encoder, open_encoder
from core.encoders.hub.encoder import CURATED, HubEncoder
from core.errors import EncoderError

pytestmark = pytest.mark.slow

SAVERS = {"clip": save_tiny_clip, "siglip": save_tiny_siglip, "siglip2": save_tiny_siglip2}
LENGTHS = {"clip": 77, "siglip": 64, "siglip2": 64}
TEXTS = ["a red cat", "two dogs, on a beach", "Ein grüner Baum", "", "x"]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    home = tmp_path_factory.mktemp("models")
    return {kind: save(home / kind) for kind, save in SAVERS.items()}


@pytest.fixture(params=list(SAVERS))
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


def pictures() -> list[Image.Image]:
    """Noise, gradients and flat colours: lying, standing, square, smaller than the model sees, three pixels high."""
    noise = np.random.default_rng(3).integers(0, 256, (70, 40, 3), dtype=np.uint8)
    gradient = Image.linear_gradient("L")
    ramp = Image.merge("RGB", (gradient, gradient.rotate(90), gradient.rotate(180)))
    sizes = [(90, 50), (50, 90), (64, 64), (20, 12), (12, 3), (1, 1)]
    return [Image.fromarray(noise), *(ramp.resize(size) for size in sizes), Image.new("RGB", (120, 40), (200, 30, 10))]


def reference(folder: Path, length: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Image vectors, text vectors and logits (images x texts) by transformers' own forward pass, in fp32."""
    model = transformers.AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    options = {"padding": "max_length", "truncation": True, "max_length": length, "return_tensors": "pt"}
    tokens = transformers.AutoTokenizer.from_pretrained(folder)(TEXTS, **options)
    pixels = transformers.AutoImageProcessor.from_pretrained(folder, backend="pil")(
        images=pictures(), return_tensors="pt"
    )
    with torch.inference_mode():
        output = model(**tokens, **pixels)
    return output.image_embeds.numpy(), output.text_embeds.numpy(), output.logits_per_image.numpy()


def test_same_vectors_as_transformers(models: dict[str, Path], kind: str) -> None:
    images, texts, _ = reference(models[kind], LENGTHS[kind])
    encoder = HubEncoder(str(models[kind]), dtype="float32", device="cpu")
    for ours, theirs in ((encoder.encode_images(pictures()), images), (encoder.encode_texts(TEXTS), texts)):
        assert ours.dtype == np.float32 and ours.shape == theirs.shape == (len(theirs), encoder.dim)
        np.testing.assert_allclose(ours, theirs, atol=2e-5)
        assert (theirs @ theirs.T).min() < 0.95, "vectors so alike that a mix-up would not show"


def test_chosen_precision_stays_close(models: dict[str, Path], kind: str) -> None:
    images, texts, _ = reference(models[kind], LENGTHS[kind])
    for encoder in (HubEncoder(str(models[kind])), HubEncoder(str(models[kind]), dtype="bfloat16", device="cpu")):
        assert (encoder.encode_images(pictures()) * images).sum(1).min() > 0.999
        assert (encoder.encode_texts(TEXTS) * texts).sum(1).min() > 0.999


def test_same_probabilities_as_transformers(models: dict[str, Path], kind: str) -> None:
    logits = torch.from_numpy(reference(models[kind], LENGTHS[kind])[2])
    encoder = HubEncoder(str(models[kind]), dtype="float32", device="cpu")
    ours = encoder.scoring.probabilities(encoder.encode_images(pictures()) @ encoder.encode_texts(TEXTS).T)
    theirs = logits.softmax(dim=1) if kind == "clip" else logits.sigmoid()
    np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-4)


def test_what_is_known_at_opening(models: dict[str, Path], kind: str) -> None:
    encoder = open_encoder(str(models[kind]))
    assert isinstance(encoder, HubEncoder) and isinstance(encoder, Encoder)
    assert encoder.name == str(models[kind]) and encoder.id.startswith(f"{kind}-")
    assert encoder.dim == (24 if kind == "clip" else 32)
    assert encoder.batch_size >= 1 and "{}" in encoder.templates
    assert all(template.count("{}") == 1 for template in encoder.templates)


def test_texts_of_any_length(models: dict[str, Path], kind: str) -> None:
    encoder = HubEncoder(str(models[kind]), dtype="float32", device="cpu")
    word = "tree " * 200
    vectors = encoder.encode_texts([word, word + "and much more", "tree"])
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-6)
    assert vectors[0] @ vectors[2] < 0.999
    assert encoder.encode_texts([]).shape == encoder.encode_images([]).shape == (0, encoder.dim)


def test_a_vector_does_not_depend_on_its_batch(models: dict[str, Path], kind: str) -> None:
    encoder = HubEncoder(str(models[kind]), dtype="float32", device="cpu")
    images = pictures() * 5  # more than one batch
    texts = [*TEXTS, "a much longer text than the others " * 3] * 15
    together = encoder.encode_images(images), encoder.encode_texts(texts)
    assert len(images) > encoder.batch_size
    np.testing.assert_allclose(together[0], np.concatenate([encoder.encode_images([i]) for i in images]), atol=1e-5)
    np.testing.assert_allclose(
        together[1][:6], np.concatenate([encoder.encode_texts([t]) for t in texts[:6]]), atol=1e-5
    )


def test_threads_share_an_encoder(models: dict[str, Path], kind: str) -> None:
    encoder = HubEncoder(str(models[kind]), dtype="float32", device="cpu")
    texts = [["cat"], TEXTS, ["a longer text " * 9]] * 8
    with ThreadPoolExecutor(8) as pool:  # the first calls race for loading
        vectors = list(pool.map(encoder.encode_texts, texts))
        shown = list(pool.map(encoder.encode_images, [pictures()] * 8))
    for texts_of_one, ours in zip(texts, vectors, strict=True):
        np.testing.assert_allclose(ours, encoder.encode_texts(texts_of_one), atol=1e-5)
    assert all(np.allclose(one, shown[0], atol=1e-5) for one in shown)


@pytest.mark.parametrize("size", [(2, 60_000), (60_000, 2)])
def test_a_very_long_strip_takes_little_memory(models: dict[str, Path], size: tuple[int, int]) -> None:
    """CLIP sees the centre of it: all of it at the model's width would be 32 x 960,000 pixels."""
    encoder = HubEncoder(str(models["clip"]), dtype="float32", device="cpu")
    strip = Image.new("RGB", size, "red")
    strip.paste("white", (size[0] // 4, size[1] // 4, size[0], size[1]))
    middle = encoder.encode_images([Image.new("RGB", (32, 32), "white")])
    tracemalloc.start()
    try:
        seen = encoder.encode_images([strip])
        assert tracemalloc.get_traced_memory()[1] < 20 * 2**20
    finally:
        tracemalloc.stop()
    np.testing.assert_allclose(seen, middle, atol=1e-4)


def test_parts_in_several_files(models: dict[str, Path], kind: str, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(models[kind], tmp_path / "parts"))
    (folder / "model.safetensors").unlink()
    transformers.AutoModel.from_pretrained(models[kind]).save_pretrained(folder, max_shard_size="20KB")
    assert len(list(folder.glob("model-*.safetensors"))) > 1
    whole, parts = HubEncoder(str(models[kind]), device="cpu"), HubEncoder(str(folder), device="cpu")
    assert parts.scoring == whole.scoring
    np.testing.assert_allclose(parts.encode_texts(TEXTS), whole.encode_texts(TEXTS), atol=1e-6)
    next(folder.glob("model-00002-*.safetensors")).unlink()
    with pytest.raises(EncoderError, match=r"weights .*missing"):
        HubEncoder(str(folder))


def test_pickled_weights_work(models: dict[str, Path], tmp_path: Path) -> None:
    copy = Path(shutil.copytree(models["clip"], tmp_path / "copy"))
    torch.save(load_file(copy / "model.safetensors"), copy / "pytorch_model.bin")
    (copy / "model.safetensors").unlink()
    ours, plain = HubEncoder(str(copy), device="cpu"), HubEncoder(str(models["clip"]), device="cpu")
    assert ours.scoring == plain.scoring
    np.testing.assert_array_equal(ours.encode_texts(TEXTS), plain.encode_texts(TEXTS))


def test_a_sentencepiece_tokenizer(models: dict[str, Path], tmp_path: Path) -> None:
    """The first SigLIP models have one: it drops case and punctuation, and needs a package of its own."""
    folder = Path(shutil.copytree(models["siglip"], tmp_path / "siglip"))
    (folder / "tokenizer.json").unlink()
    settings = {"tokenizer_class": "SiglipTokenizer", "model_max_length": 64, "model_input_names": ["input_ids"]}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    (folder / "spiece.model").write_bytes(b"")
    try:
        import sentencepiece
    except ImportError:
        with pytest.raises(EncoderError, match=r"tokenizer of .*SentencePiece.*Install it with pip"):
            HubEncoder(str(folder)).encode_texts(["a"])
        return
    model = io.BytesIO()
    sentences = [f"the {color} {animal}" for color in ("red", "green") for animal in ("cat", "dog", "bird")] * 9
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences), model_writer=model, vocab_size=40, hard_vocab_limit=False, minloglevel=2
    )
    (folder / "spiece.model").write_bytes(model.getvalue())
    vectors = HubEncoder(str(folder)).encode_texts(["the red cat", "The RED cat!", "the green bird"])
    np.testing.assert_array_equal(vectors[0], vectors[1])
    assert vectors[0] @ vectors[2] < 0.999


def test_import_is_cheap() -> None:
    code = (
        "import sys, core.encoders.hub.encoder; print({'torch', 'transformers', 'huggingface_hub'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_loading_is_quiet(models: dict[str, Path]) -> None:
    """Stderr and stdout belong to the program that loads a model (transformers would draw bars and print notes)."""
    code = (
        f"from core.encoders.hub.encoder import HubEncoder; HubEncoder({str(models['siglip'])!r}).encode_texts(['a'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_curated_models_are_told_apart() -> None:
    assert len({model.hub_id for model in CURATED}) == len({model.title for model in CURATED}) == len(CURATED) >= 4
