"""Any dual encoder of transformers (CLIP, SigLIP, SigLIP 2 and similar), by hub id or local folder."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from core.encoders.base import Scoring, Vectors, unit_rows
from core.encoders.hub.catalog import CURATED, CuratedModel
from core.encoders.hub.config import get_input_side, get_max_tokens, get_vector_dim, read_config
from core.encoders.hub.files import find_model
from core.encoders.hub.loading import (
    best_device,
    best_dtype,
    load_learned_numbers,
    load_model,
    load_processor,
    load_tokenizer,
)
from core.errors import EncoderError
from core.progress import OnProgress
from core.utils.extras import require

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

__all__ = ["CURATED", "CuratedModel", "HubEncoder"]

_TEMPLATES = ("{}", "a photo of {}", "a picture of {}", "a close-up photo of {}", "a photo showing {}")
_TEXTS_AT_ONCE = 64
_IMAGES_AT_ONCE = {"cuda": 128, "mps": 32, "cpu": 16}
# weights below this size stay in float32: half precision would save little time
_SMALL_BYTES = 64 * 2**20
# pixels: pictures with a shorter side below twice this reach the model's preprocessing at full size
_FULL_SIDE = 640
# largest aspect ratio; where the model sees only the center, longer strips are cropped
_LONGEST_STRIP = 8


class HubEncoder:
    """A dual encoder of transformers with its own tokenizer and preprocessing; see `Encoder`.

    Code that comes with a model is never run, and pickled weights are read as plain tensors only.

    Parameters
    ----------
    name : str
        "owner/model", "owner/model@revision", or a folder that `save_pretrained` wrote. A hub model is downloaded once
        and then works offline.
    on_progress : callable, optional
        Called with the downloaded bytes.
    device : {"cuda", "mps", "cpu"}, optional
        Default: the first of them that is available.
    dtype : {"float32", "bfloat16", "float16"}, optional
        Default: the fastest that the device computes natively.

    Raises
    ------
    EncoderError
        The model is not available, or is not a dual encoder. At the first encode: the weights do not fit or overflow.
    """

    def __init__(
        self,
        name: str,
        *,
        on_progress: OnProgress | None = None,
        device: str | None = None,
        dtype: str | None = None,
    ) -> None:
        require("hub", "Models of the hub", EncoderError)
        self._files = find_model(name, on_progress=on_progress)
        self._config = read_config(self._files.folder, self._files.name)
        self._processor = load_processor(self._files)
        self._device, self._dtype = device, dtype
        self._load_lock, self._tokenize_lock = Lock(), Lock()

    @property
    def name(self) -> str:
        return self._files.name

    @property
    def id(self) -> str:
        return self._files.id

    @property
    def dim(self) -> int:
        return get_vector_dim(self._config)

    @property
    def batch_size(self) -> int:
        return _IMAGES_AT_ONCE.get(self.device.partition(":")[0], 16)

    @property
    def min_side(self) -> int:
        return max(4 * get_input_side(self._config, self._processor), _FULL_SIDE)

    @property
    def templates(self) -> tuple[str, ...]:
        return _TEMPLATES

    @cached_property
    def device(self) -> str:
        """The device that it computes on."""
        return self._device or best_device()

    @cached_property
    def dtype(self) -> str:
        """The precision that it computes in; vectors are always float32."""
        is_small = sum(path.stat().st_size for path in self._files.weights) < _SMALL_BYTES
        return self._dtype or ("float32" if is_small else best_dtype(self.device))

    @cached_property
    def scoring(self) -> Scoring:
        learned = load_learned_numbers(self._files, "logit_scale", "logit_bias")
        if "logit_scale" not in learned:
            raise EncoderError(f"{self.name} has no logit_scale: use it for search, which needs no probabilities.")
        scale = math.exp(learned["logit_scale"])
        return (
            Scoring("sigmoid", scale, learned["logit_bias"]) if "logit_bias" in learned else Scoring("softmax", scale)
        )

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        return self._encode(images, self.batch_size, self._pixels, "get_image_features")

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts, _TEXTS_AT_ONCE, self._tokens, "get_text_features")

    def _encode(
        self, items: Sequence[Any], at_once: int, inputs: Callable[[Any], Mapping[str, torch.Tensor]], method: str
    ) -> Vectors:
        import torch

        rows = [np.empty((0, self.dim), np.float32)]
        for start in range(0, len(items), at_once):
            batch = inputs(items[start : start + at_once])
            with torch.inference_mode():
                features = getattr(self._model, method)(**{key: self._to_device(value) for key, value in batch.items()})
            vectors = getattr(features, "pooler_output", features)  # some models return the tensor itself
            rows.append(self._check(vectors.float().cpu().numpy()))
        return unit_rows(np.concatenate(rows))

    def _pixels(self, images: Sequence[Image.Image]) -> Mapping[str, torch.Tensor]:
        return self._processor(images=[self._crop_strip(image) for image in images], return_tensors="pt")

    def _crop_strip(self, image: Image.Image) -> Image.Image:
        """The center of a very long strip: scaling all of it before the crop would take gigabytes."""
        longest = _LONGEST_STRIP * min(image.size)
        if max(image.size) <= longest or not getattr(self._processor, "do_center_crop", False):
            return image
        width, height = min(image.width, longest), min(image.height, longest)
        left, top = (image.width - width) // 2, (image.height - height) // 2
        return image.crop((left, top, left + width, top + height))

    def _tokens(self, texts: Sequence[str]) -> Mapping[str, torch.Tensor]:
        # SigLIP reads the last position, as it was trained on texts padded to full length
        padding = "max_length" if self._config.model_type.startswith("siglip") else "longest"
        with self._tokenize_lock:  # padding and truncation are state of a fast tokenizer
            limit = get_max_tokens(self._config, self._tokenizer.model_max_length)
            return self._tokenizer(list(texts), padding=padding, truncation=True, max_length=limit, return_tensors="pt")

    def _to_device(self, values: torch.Tensor) -> torch.Tensor:
        """Values on the device; pixels in the model's precision, ids and masks unchanged."""
        return values.to(self.device, self._model.dtype if values.is_floating_point() else values.dtype)

    def _check(self, vectors: np.ndarray) -> np.ndarray:
        if vectors.ndim != 2 or vectors.shape[1] != self.dim:
            raise EncoderError(
                f"{self.name} returns an array of shape {vectors.shape} instead of one vector of {self.dim} dimensions "
                f"per input. Choose a CLIP or SigLIP model, for example {CURATED[0].hub_id}."
            )
        if not np.isfinite(vectors).all():
            raise EncoderError(f'{self.name} overflows in {self.dtype}. Open it with HubEncoder(..., dtype="float32").')
        return vectors

    @cached_property
    def _tokenizer(self) -> PreTrainedTokenizerBase:
        return load_tokenizer(self._files)

    @property
    def _model(self) -> PreTrainedModel:
        with self._load_lock:
            return self._loaded

    @cached_property
    def _loaded(self) -> PreTrainedModel:
        return load_model(self._files, device=self.device, dtype=self.dtype)
