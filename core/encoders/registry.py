"""Encoders by name. `open_encoder("embedded")` works offline; a hub id or a local folder opens any dual encoder."""

from __future__ import annotations

import re
from collections.abc import Callable

from core.encoders.base import Encoder
from core.errors import EncoderError
from core.progress import OnProgress
from core.utils.files import to_absolute

DEFAULT_ENCODER = "embedded"


def _embedded(name: str, release_memory: bool, on_progress: OnProgress | None) -> Encoder:
    from core.encoders.embedded.encoder import EmbeddedEncoder

    return EmbeddedEncoder(name, release_memory=release_memory, on_progress=on_progress)


def _reduced(name: str, release_memory: bool, on_progress: OnProgress | None) -> Encoder:
    from core.encoders.reduced import ReducedEncoder, load_reduction

    reduction = load_reduction(name)
    base = open_encoder(reduction.encoder_name, release_memory=release_memory, on_progress=on_progress)
    return ReducedEncoder(base, reduction)


def _imported(name: str) -> Encoder:
    from core.encoders.precomputed import ImportedEncoder

    return ImportedEncoder(name)


# name -> factory; the import is inside the factory, so that naming an encoder costs nothing
_BUILT_IN: dict[str, Callable[[str, bool, OnProgress | None], Encoder]] = {"embedded": _embedded}


def encoder_names() -> list[str]:
    """The names known without a network: the built-in encoders, then the curated hub ids."""
    from core.encoders.hub.encoder import CURATED

    return [*_BUILT_IN, *(model.hub_id for model in CURATED)]


def is_model_name(name: str) -> bool:
    """Whether a name stands for a model of the hub or in a folder, and not for a built-in encoder."""
    return name not in _BUILT_IN and not name.startswith("imported:") and ("/" in name or to_absolute(name).is_dir())


def open_encoder(
    name: str = DEFAULT_ENCODER, *, release_memory: bool = False, on_progress: OnProgress | None = None
) -> Encoder:
    """Opens an encoder by its name: a built-in one, a hub id ("owner/model"), a local model folder, or one of these
    with fewer dimensions ("embedded@pca128-...", see `core.encoders.reduced`), or vectors made elsewhere
    ("imported:NAME:512", see `core.encoders.precomputed`).

    release_memory: whether the embedded encoder returns the memory of each batch (400 MB), for small servers that many
    people share. Keeping it saves a sixth of the time. on_progress: reports a first preparation or a download; both
    happen once per machine.
    Raises EncoderError with the known names, or with the next step where weights cannot be had.
    """
    name = name.strip()
    if name in _BUILT_IN:
        return _BUILT_IN[name](name, release_memory, on_progress)
    if re.search(r"@(pca|truncate|random)\d+-[0-9a-f]+$", name):
        return _reduced(name, release_memory, on_progress)
    if name.startswith("imported:"):
        return _imported(name)
    if is_model_name(name):
        from core.encoders.hub.encoder import HubEncoder

        return HubEncoder(name, on_progress=on_progress)
    known = ", ".join(encoder_names())
    raise EncoderError(f"Unknown encoder {name!r}. Known: {known}; or a hub id (owner/model), or a model folder.")
