"""Is this model a dual encoder, are its files complete, and what is known of it before its weights are read."""

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

# configuration, tokenizer and preprocessing, at the top of a model's folder
_SMALL = re.compile(
    r"config\.json|\w*processor_config\.json|tokenizer[\w.]*|special_tokens_map\.json|added_tokens\.json|vocab\.\w+"
    r"|merges\.txt|[\w.]+\.model|[\w.]+\.index\.json"
)
# what a model cannot do without, by the name that people know it by: any one file of each row
_NEEDED = {
    "config.json": ("config.json",),
    "preprocessor_config.json": ("preprocessor_config.json", "processor_config.json"),
    "a tokenizer (tokenizer.json)": ("tokenizer.json", "vocab.json", "vocab.txt", "*.model"),
}
# one file, or a full set of parts; safetensors first: a pickle only where there is nothing better
_WEIGHTS = (
    (re.compile(r"model\.safetensors"), re.compile(r"model-\d+-of-(\d+)\.safetensors")),
    (re.compile(r"pytorch_model\.bin"), re.compile(r"pytorch_model-\d+-of-(\d+)\.bin")),
)
_NEXT = f"Choose a CLIP or SigLIP model, for example {CURATED[0].hub_id}."


def small_files(names: Iterable[str]) -> list[str]:
    """The files among these names that a model is opened with before its weights."""
    return sorted(name for name in names if _SMALL.fullmatch(name))


def weight_files(names: Iterable[str]) -> list[str]:
    """The weights among these names, in the order of preference; empty if there is no complete set."""
    names = sorted(names)
    for single, part in _WEIGHTS:
        if whole := [name for name in names if single.fullmatch(name)]:
            return whole
        parts = [match for name in names if (match := part.fullmatch(name))]
        if parts and len(parts) == int(parts[0][1]):
            return [match.string for match in parts]
    return []


def missing_parts(names: Iterable[str]) -> list[str]:
    """What a folder with files of these names lacks to be a model; empty for a complete one."""
    names = list(names)
    parts = [
        part
        for part, patterns in _NEEDED.items()
        if not any(fnmatchcase(name, pattern) for name in names for pattern in patterns)
    ]
    return parts if weight_files(names) else [*parts, "weights (model.safetensors)"]


def read_config(folder: Path, name: str) -> PreTrainedConfig:
    """The configuration in a model's folder. Code that a model brings along is never run.

    Raises EncoderError where the model has not both towers, or is of a kind that transformers itself does not know.
    """
    from transformers import CONFIG_MAPPING, MODEL_MAPPING, AutoConfig

    try:
        kind = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("model_type")
        if kind not in CONFIG_MAPPING:
            raise EncoderError(
                f"{name} is a model of kind {kind!r}, which the installed transformers does not know by itself (code "
                f"that comes with a model is never run). {_NEXT}"
            )
        with silence_transformers():
            config = AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    except EncoderError:
        raise
    except Exception as error:
        raise EncoderError(f"{name}: config.json cannot be read ({first_sentence(error)}). Fetch it anew.") from error
    towers = {"text tower": "get_text_features", "image tower": "get_image_features"}
    model = MODEL_MAPPING.get(type(config), None)
    missing = [tower for tower, method in towers.items() if not hasattr(model, method)]
    if missing:
        raise EncoderError(
            f"{name} is not a dual encoder: a {config.model_type!r} model has no {' and no '.join(missing)} that "
            f"gives vectors of one space. {_NEXT}"
        )
    return config


def get_vector_dim(config: PreTrainedConfig) -> int:
    """Length of the vectors: CLIP and its kin project to a size of their own, SigLIP gives the width of its towers."""
    return int(getattr(config, "projection_dim", None) or config.vision_config.hidden_size)


def get_max_tokens(config: PreTrainedConfig, tokenizer_limit: int) -> int:
    """Tokens that the text tower takes: what the tokenizer says (many say nothing), within the tower's positions."""
    return min(tokenizer_limit, getattr(config.text_config, "max_position_embeddings", tokenizer_limit))


def get_input_side(config: PreTrainedConfig, processor: Any) -> int:
    """Pixels of the shorter side that the image processor asks for."""
    if patches := getattr(processor, "max_num_patches", None):  # SigLIP 2 keeps proportions, the area is what is fixed
        return round(math.sqrt(patches) * processor.patch_size)
    size = processor.size or {}
    sides = [size.get(key) for key in ("shortest_edge", "height", "width")]
    return max([side for side in sides if side], default=config.vision_config.image_size)


@contextmanager
def silence_transformers() -> Iterator[None]:
    """Stderr belongs to the program: transformers draws bars and notes there at every load."""
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
    """What an exception says, without the advice that libraries add for programmers."""
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0].split(". ")[0].rstrip(".")[:200]
