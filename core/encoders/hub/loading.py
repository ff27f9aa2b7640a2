"""Loads the parts of a model from disk: preprocessing, tokenizer, weights. Offline, without running a model's code."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from core.encoders.hub.config import first_sentence, silence_transformers
from core.encoders.hub.files import ModelFiles
from core.errors import EncoderError

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase
    from transformers.image_processing_utils import BaseImageProcessor

_Part = TypeVar("_Part")
_OFFLINE: dict[str, Any] = {"trust_remote_code": False, "local_files_only": True}
# transformers patches its own globals while it builds a network
_build_lock = Lock()


def load_processor(files: ModelFiles) -> BaseImageProcessor:
    """The model's own preprocessing, always with Pillow and numpy, so that torchvision does not change the pixels."""
    from transformers import AutoImageProcessor

    return _read_part(
        "preprocessing", files, lambda: AutoImageProcessor.from_pretrained(files.folder, backend="pil", **_OFFLINE)
    )


def load_tokenizer(files: ModelFiles) -> PreTrainedTokenizerBase:
    """The model's own tokenizer."""
    from transformers import AutoTokenizer

    return _read_part("tokenizer", files, lambda: AutoTokenizer.from_pretrained(files.folder, **_OFFLINE))


def load_model(files: ModelFiles, *, device: str, dtype: str) -> PreTrainedModel:
    """Both towers with their weights, ready to encode. Takes seconds to minutes."""
    import torch
    from transformers import AutoModel

    def read() -> tuple[PreTrainedModel, dict[str, Any]]:
        model, report = AutoModel.from_pretrained(
            files.folder, dtype=getattr(torch, dtype), weights_only=True, output_loading_info=True, **_OFFLINE
        )
        return model.eval().to(device), report

    with _build_lock:
        model, report = _read_part("weights", files, read)
    # transformers would fill gaps with random numbers and a warning
    if missing := [*report["missing_keys"], *report["mismatched_keys"]]:
        raise EncoderError(
            f"The weights of {files.name} do not match its config.json: {len(missing)} tensors are missing or have "
            f"another shape (such as {missing[0]}). Download both again from one model."
        )
    return model


def load_learned_numbers(files: ModelFiles, *names: str) -> dict[str, float]:
    """Single numbers of the weights (such as logit_scale) in their own precision, without loading the rest."""
    return _read_part("weights", files, lambda: _numbers(files, set(names)))


def best_device() -> str:
    """The first available of "cuda", "mps" and "cpu"."""
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def best_dtype(device: str) -> str:
    """The fastest precision that the hardware computes natively; bfloat16 is preferred, since it cannot overflow."""
    import torch

    if device.startswith("cuda"):
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float16"
    if device == "mps":
        return "float16"
    # x86 and Arm use different names; emulated bfloat16 is slower than float32
    native = torch.cpu.get_capabilities()
    return "bfloat16" if any(native.get(key) for key in ("avx512_bf16", "amx_bf16", "bf16")) else "float32"


def _numbers(files: ModelFiles, names: set[str]) -> dict[str, float]:
    import torch
    from safetensors import safe_open

    numbers: dict[str, float] = {}
    for path in files.weights:
        if path.suffix == ".safetensors":
            with safe_open(path, "pt") as tensors:
                numbers |= {key: tensors.get_tensor(key).item() for key in names & set(tensors.keys())}
        else:
            tensors = torch.load(path, weights_only=True, mmap=zipfile.is_zipfile(path))
            numbers |= {key: tensors[key].item() for key in names & set(tensors)}
    return numbers


def _read_part(part: str, files: ModelFiles, read: Callable[[], _Part]) -> _Part:
    """The result of `read`; failures become an EncoderError with the next step."""
    try:
        with silence_transformers():
            return read()
    except ImportError as error:
        raise EncoderError(
            f"The {part} of {files.name} needs a missing package: {first_sentence(error)}. "
            "Install it with pip and open the model again."
        ) from error
    except Exception as error:
        is_local = files.name == str(files.folder)
        remedy = "download it again" if is_local else f"delete {files.folder.parents[1]} and open the model again"
        raise EncoderError(
            f"The {part} of {files.name} cannot be read ({first_sentence(error)}). "
            f"The files may be damaged or incomplete: {remedy}."
        ) from error
