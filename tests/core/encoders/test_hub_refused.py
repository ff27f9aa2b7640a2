"""A model that cannot work, or that would run code of its own, is refused with the next step."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
import transformers
from PIL import Image
from safetensors.torch import load_file, save_file
from tiny_models import save_tiny_clip

from core.encoders.hub.encoder import HubEncoder
from core.errors import EncoderError

pytestmark = pytest.mark.slow


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A CLIP of the test's own, to break."""
    return save_tiny_clip(tmp_path / "copy")


class Trap:
    """Creates a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.mark,)


def test_pickled_weights_run_nothing(copy: Path, tmp_path: Path) -> None:
    torch.save({"logit_scale": Trap(tmp_path / "mark")}, copy / "pytorch_model.bin")
    (copy / "model.safetensors").unlink()
    encoder = HubEncoder(str(copy))
    with pytest.raises(EncoderError, match="download it again"):
        _ = encoder.scoring
    with pytest.raises(EncoderError, match="download it again"):
        encoder.encode_texts(["a"])
    assert not (tmp_path / "mark").exists()


@pytest.mark.parametrize("known", [True, False])
def test_code_of_a_model_is_never_run(copy: Path, tmp_path: Path, known: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    mark = tmp_path / "mark"
    (copy / "code.py").write_text(f"from pathlib import Path\nPath({str(mark)!r}).touch()\n")
    for file, auto in (
        ("config.json", {"AutoConfig": "code.C", "AutoModel": "code.M"}),
        ("preprocessor_config.json", {"AutoImageProcessor": "code.P"}),
        ("tokenizer_config.json", {"AutoTokenizer": ["code.T", None]}),
    ):
        change_json(copy / file, auto_map=auto)
    if known:  # transformers' own class of that name is used
        assert HubEncoder(str(copy)).encode_texts(["a"]).shape == (1, 24)
    else:
        change_json(copy / "config.json", model_type="homemade")
        with pytest.raises(EncoderError, match=r"'homemade'.*never run.*openai/clip"):
            HubEncoder(str(copy))
    assert not mark.exists()


def change_json(path: Path, **changes: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_text_model_is_refused(copy: Path) -> None:
    config = transformers.BertConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, vocab_size=50
    )
    transformers.BertModel(config).save_pretrained(copy)
    with pytest.raises(EncoderError, match=r"not a dual encoder.*no image tower.*openai/clip"):
        HubEncoder(str(copy))


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ("config.json", r"config\.json missing"),
        ("model.safetensors", r"weights .*missing"),
        ("preprocessor_config.json", r"preprocessor_config\.json missing"),
        ("tokenizer.json", r"tokenizer .*missing"),
    ],
)
def test_an_incomplete_folder_says_what_is_missing(copy: Path, gone: str, said: str) -> None:
    (copy / gone).unlink()
    with pytest.raises(EncoderError, match=said + r"\. Copy all files"):
        HubEncoder(str(copy))


def test_damaged_weights_are_said_to_be_damaged(copy: Path) -> None:
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    encoder = HubEncoder(str(copy))
    for touch in (
        lambda: encoder.scoring,
        lambda: encoder.encode_texts(["a"]),
        lambda: encoder.encode_images([Image.new("RGB", (40, 30))]),
    ):
        with pytest.raises(EncoderError, match=r"weights of .* cannot be read.*download it again"):
            touch()


def test_a_damaged_config_is_said_to_be_damaged(copy: Path) -> None:
    (copy / "config.json").write_text("{")
    with pytest.raises(EncoderError, match=r"cannot read config\.json.*again"):
        HubEncoder(str(copy))


def test_weights_of_another_model_are_refused(copy: Path) -> None:
    """transformers would fill the gaps with random numbers."""
    tensors = load_file(copy / "model.safetensors")
    del tensors["text_projection.weight"]
    save_file(tensors, copy / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(EncoderError, match=r"do not match.*text_projection\.weight.*again"):
        HubEncoder(str(copy)).encode_texts(["a"])


@pytest.mark.parametrize("name", ["no/such/folder", "./nowhere/at-all", "/nowhere/at/all"])
def test_no_such_folder(name: str) -> None:
    with pytest.raises(EncoderError, match=r"no folder|no model \(and no folder\)"):
        HubEncoder(name)
