"""Checks whether a model is a complete dual encoder, and reads its properties before its weights."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.encoders.hub.catalog import CURATED
from core.errors import EncoderError

if TYPE_CHECKING:
    from transformers import PreTrainedConfig

# configuration, tokenizer and preprocessing, at the top level of a model's folder
_SMALL = re.compile(
    r"config\.json|\w*processor_config\.json|tokenizer[\w.]*|special_tokens_map\.json|added_tokens\.json|vocab\.\w+"
    r"|merges\.txt|[\w.]+\.model|[\w.]+\.index\.json"
)
# required parts by display name; any one file of each row suffices
_REQUIRED = {
    "config.json": ("config.json",),
    "preprocessor_config.json": ("preprocessor_config.json", "processor_config.json"),
    "a tokenizer (tokenizer.json)": ("tokenizer.json", "vocab.json", "vocab.txt", "*.model"),
}
# a single file or a full set of shards; safetensors are preferred to pickles
_WEIGHTS = (
    (re.compile(r"model\.safetensors"), re.compile(r"model-\d+-of-(\d+)\.safetensors")),
    (re.compile(r"pytorch_model\.bin"), re.compile(r"pytorch_model-\d+-of-(\d+)\.bin")),
)
_NEXT = f"Choose a CLIP or SigLIP model, for example {CURATED[0].hub_id}."


def small_files(names: Iterable[str]) -> list[str]:
    """Names of the files that are needed before the weights."""
    return sorted(name for name in names if _SMALL.fullmatch(name))


def weight_files(names: Iterable[str]) -> list[str]:
    """Names of the weight files of the preferred format; empty if there is no complete set."""
    names = sorted(names)
    for single, shard in _WEIGHTS:
        if files := [name for name in names if single.fullmatch(name)]:
            return files
        shards = [match for name in names if (match := shard.fullmatch(name))]
        if shards and len(shards) == int(shards[0][1]):
            return [match.string for match in shards]
    return []


def missing_parts(names: Iterable[str]) -> list[str]:
    """The parts of a model that are missing among files of these names; empty for a complete model."""
    names = list(names)
    parts = [
        part
        for part, patterns in _REQUIRED.items()
        if not any(fnmatchcase(name, pattern) for name in names for pattern in patterns)
    ]
    return parts if weight_files(names) else [*parts, "weights (model.safetensors)"]


def read_config(folder: Path, name: str) -> PreTrainedConfig:
    """Reads the configuration in a model's folder. Never runs code that comes with a model.

    Raises EncoderError if the model lacks a tower, or if transformers does not know its kind.
    """
    from transformers import CONFIG_MAPPING, MODEL_MAPPING, AutoConfig

    try:
        kind = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("model_type")
        if kind not in CONFIG_MAPPING:
            raise EncoderError(
                f"{name} is a model of kind {kind!r}, which the installed transformers does not support (code that "
                f"comes with a model is never run). {_NEXT}"
            )
        with silence_transformers():
            config = AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    except EncoderError:
        raise
    except Exception as error:
        raise EncoderError(f"{name}: cannot read config.json ({first_sentence(error)}). Download it again.") from error
    towers = {"text tower": "get_text_features", "image tower": "get_image_features"}
    model = MODEL_MAPPING.get(type(config), None)
    missing = [tower for tower, method in towers.items() if not hasattr(model, method)]
    if missing:
        raise EncoderError(
            f"{name} is not a dual encoder: a {config.model_type!r} model has no {' and no '.join(missing)} with "
            f"vectors of a shared space. {_NEXT}"
        )
    return config


def get_vector_dim(config: PreTrainedConfig) -> int:
    """Length of the vectors: the projection size of CLIP-like models, the width of SigLIP's towers."""
    return int(getattr(config, "projection_dim", None) or config.vision_config.hidden_size)


def get_max_tokens(config: PreTrainedConfig, tokenizer_limit: int) -> int:
    """Most tokens of a text: the tokenizer's limit, which many lack, within the positions of the text tower."""
    return min(tokenizer_limit, getattr(config.text_config, "max_position_embeddings", tokenizer_limit))


def get_input_side(config: PreTrainedConfig, processor: Any) -> int:
    """Shorter side of the image processor's input, in pixels."""
    if patches := getattr(processor, "max_num_patches", None):  # SigLIP 2 keeps proportions and fixes the area
        return round(math.sqrt(patches) * processor.patch_size)
    size = processor.size or {}
    sides = [size.get(key) for key in ("shortest_edge", "height", "width")]
    return max([side for side in sides if side], default=config.vision_config.image_size)


@contextmanager
def silence_transformers() -> Iterator[None]:
    """Keeps the progress bars and notes of transformers off stderr."""
    from transformers.utils import logging

    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


def first_sentence(error: Exception) -> str:
    """First sentence of an exception's message, without the advice to programmers that follows it."""
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0].split(". ")[0].rstrip(".")[:200]
