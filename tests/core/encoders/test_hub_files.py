"""Hub models come once, from a hub (here a small one on this machine), and then work without it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
import torch
import transformers
from huggingface_hub import constants
from safetensors.torch import load_file, save_file
from tiny_models import save_tiny_clip

from core.encoders import open_encoder
from core.encoders.hub.encoder import HubEncoder
from core.encoders.hub.files import fingerprint
from core.errors import EncoderError
from core.progress import Progress

pytestmark = pytest.mark.slow

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_clip(tmp_path_factory.mktemp("models") / "clip")


@dataclass
class Hub:
    """A model hub of one folder: `someone/clip`. `errors` maps the name of another model to a status and a code."""

    folder: Path
    fetched: list[str] = field(default_factory=list)
    errors: dict[str, tuple[int, str]] = field(default_factory=dict)

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        place = path.partition("?")[0].strip("/")
        for model, (status, code) in self.errors.items():
            if model in place:
                return status, {"X-Error-Code": code}, b"{}"
        if "someone/clip" not in place:
            return 404, {"X-Error-Code": "RepoNotFound"}, b"{}"
        if place.startswith("api/models"):
            return 200, {"Content-Type": "application/json"}, json.dumps(self._listing("/tree/" in place)).encode()
        content = (self.folder / place.rpartition("/")[2]).read_bytes()
        self.fetched.append(place.rpartition("/")[2])
        return 200, {"ETag": f'"{hashlib.sha256(content).hexdigest()}"', "X-Repo-Commit": COMMIT}, content

    def _listing(self, tree: bool) -> object:
        files = {path.name: path.stat().st_size for path in self.folder.iterdir()}
        if tree:
            return [{"type": "file", "path": name, "size": size, "oid": "0" * 40} for name, size in files.items()]
        siblings = [{"rfilename": name, "size": size, "blobId": "0" * 40} for name, size in files.items()]
        return {"id": "someone/clip", "sha": COMMIT, "siblings": siblings}


@pytest.fixture
def hub(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    hub = Hub(Path(shutil.copytree(clip, tmp_path / "on-the-hub")))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, content = hub.answer(self.path)
            self.send_response(status)
            for key, value in (headers | {"Content-Length": str(len(content))}).items():
                self.send_header(key, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        do_HEAD = do_GET

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    go_online(monkeypatch, f"http://127.0.0.1:{server.server_port}", tmp_path / "cache")
    yield hub
    server.shutdown()
    server.server_close()


def go_online(monkeypatch: pytest.MonkeyPatch, endpoint: str, cache: Path) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(constants, "ENDPOINT", endpoint)
    template = endpoint + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)


def test_downloaded_once_then_offline(hub: Hub, clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("pytorch_model.bin", "flax_model.msgpack", "tf_model.h5", "README.md", "open_clip_model.safetensors"):
        (hub.folder / name).write_bytes(b"not wanted")
    weights = load_file(clip / "model.safetensors") | {"a_large_rest": torch.ones(8 * 2**20)}
    save_file(weights, hub.folder / "model.safetensors", metadata={"format": "pt"})
    predictions: list[Progress] = []
    encoder = open_encoder("someone/clip", on_progress=predictions.append)
    assert set(hub.fetched) == {path.name for path in clip.iterdir()}
    assert (encoder.name, encoder.id) == ("someone/clip", "someone/clip@" + COMMIT[:12])
    size = (hub.folder / "model.safetensors").stat().st_size
    assert [(p.done, p.total, p.unit) for p in predictions][-1] == (
        size,
        size,
        "bytes",
    ) and "someone/clip" in predictions[0].stage
    assert [p.done for p in predictions] == sorted(p.done for p in predictions) and len(predictions) > 2

    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    again = open_encoder("someone/clip")
    assert again.id == encoder.id
    np.testing.assert_array_equal(again.encode_texts(["a cat"]), HubEncoder(str(clip)).encode_texts(["a cat"]))


def test_a_broken_off_download_is_finished(hub: Hub, clip: Path) -> None:
    open_encoder("someone/clip")
    (Path(constants.HF_HUB_CACHE) / f"models--someone--clip/snapshots/{COMMIT}/model.safetensors").unlink()
    assert open_encoder("someone/clip").encode_texts(["a"]).shape == (1, 24)


def test_damaged_in_the_cache_and_mended_as_told(hub: Hub) -> None:
    encoder = open_encoder("someone/clip")
    model = Path(constants.HF_HUB_CACHE) / "models--someone--clip"
    (model / f"snapshots/{COMMIT}/model.safetensors").resolve().write_bytes(b"damaged")
    with pytest.raises(EncoderError, match=rf"weights of someone/clip.*delete {model} and open the model again"):
        encoder.encode_texts(["a"])
    shutil.rmtree(model)
    assert open_encoder("someone/clip").encode_texts(["a"]).shape == (1, 24)


def test_a_revision_by_name(hub: Hub) -> None:
    assert open_encoder("someone/clip@v1").id == "someone/clip@" + COMMIT[:12]


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (404, "RepoNotFound", r"no model .*someone/else.*Check the name"),
        (401, "RepoNotFound", r"no model .*someone/else.*Check the name"),
        (403, "GatedRepo", r"someone/else is gated.*https://huggingface.co/someone/else.*hf auth login"),
        (404, "RevisionNotFound", r"someone/else has no revision 'v9'"),
        (500, "", r"someone/else could not be downloaded.*Try again later"),
    ],
)
def test_what_the_hub_refuses(hub: Hub, status: int, code: str, said: str) -> None:
    hub.errors["someone/else"] = (status, code)
    with pytest.raises(EncoderError, match=said):
        open_encoder("someone/else@v9")


def test_a_text_model_is_refused_before_its_weights_come(hub: Hub) -> None:
    config = transformers.BertConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, vocab_size=50
    )
    transformers.BertModel(config).save_pretrained(hub.folder)
    with pytest.raises(EncoderError, match="someone/clip is not a dual encoder"):
        open_encoder("someone/clip")
    assert "model.safetensors" not in hub.fetched


def test_a_model_for_other_programs_is_refused(hub: Hub) -> None:
    (hub.folder / "model.safetensors").rename(hub.folder / "open_clip_model.safetensors")
    with pytest.raises(EncoderError, match=r"someone/clip is not a complete model.*no weights.*Look on the hub"):
        open_encoder("someone/clip")
    assert hub.fetched == []


def test_a_full_disk(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("huggingface_hub.file_download.http_get", full)
    with pytest.raises(EncoderError, match=r"disk is full.*someone/clip.*Free space or set HF_HOME"):
        open_encoder("someone/clip")


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9", "http://hub.invalid"])
def test_no_network_is_said_at_once(endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go_online(monkeypatch, endpoint, tmp_path)
    started = time.monotonic()
    with pytest.raises(EncoderError, match=r"someone/clip is not on this machine.*cannot be reached.*embedded encoder"):
        open_encoder("someone/clip")
    assert time.monotonic() - started < 15


def test_the_offline_switch_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go_online(monkeypatch, "http://127.0.0.1:9", tmp_path)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(EncoderError, match=r"someone/clip is not on this machine and HF_HUB_OFFLINE is set"):
        open_encoder("someone/clip")


def test_id_follows_the_content_alone(clip: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(clip, tmp_path / "clip"))
    before = HubEncoder(str(folder)).id
    for path in folder.iterdir():
        os.utime(path, (1, 1))
    (folder / "README.md").write_text("not part of the model")
    assert (
        HubEncoder(str(folder)).id == HubEncoder(str(folder), dtype="bfloat16").id == HubEncoder(str(clip)).id == before
    )

    tensors = load_file(folder / "model.safetensors")
    tensors["text_projection.weight"][0, 0] += 1e-3
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    trained = HubEncoder(str(folder)).id
    preprocessing = json.loads((folder / "preprocessor_config.json").read_text())
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessing | {"resample": 2}))
    assert len({before, trained, HubEncoder(str(folder)).id}) == 3


def test_fingerprint_of_large_weights(clip: Path, tmp_path: Path) -> None:
    """Larger weights are sampled: quick, and each matrix of more than a thousandth of the file counts."""
    folder = Path(shutil.copytree(clip, tmp_path / "clip"))
    tensors = {f"layer{number}": torch.zeros(64, 2**16) for number in range(8)}  # 128 MB
    prints = set()
    for changed in (None, *tensors):
        weights = dict(tensors) if changed is None else tensors | {changed: torch.ones(64, 2**16)}
        save_file(weights, folder / "model.safetensors")
        started = time.monotonic()
        prints.add(fingerprint(folder))
        assert time.monotonic() - started < 2
    assert len(prints) == 9
