"""Opens encoders by name. "embedded" works offline; a hub id or a local folder opens any dual encoder.

Other packages add encoders by an entry point of the group `semblance.encoders`, or by `register_encoder`.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from core.encoders.base import Encoder
from core.encoders.hub.catalog import CURATED
from core.errors import EncoderError, SemblanceError
from core.progress import OnProgress
from core.utils.files import to_absolute
from core.utils.plugins import load_plugins

DEFAULT_ENCODER = "embedded"
ENTRY_POINTS = "semblance.encoders"

_REDUCED = re.compile(r"@(pca|truncate|random)\d+-[0-9a-f]+$")
_IMPORTED = "imported:"
_ADAPTED = "adapted:"


@dataclass(frozen=True, slots=True)
class EncoderInfo:
    """An entry of the registry.

    Parameters
    ----------
    name : str
        As in `open_encoder`, `--encoder` and links; also the encoder's `name`.
    title : str
        Display name.
    factory : callable
        Takes the name and `on_progress`, and returns the encoder. Import heavy packages inside it.
    modalities : tuple of {"image", "text"}
        What the encoder embeds.
    is_local : bool
        Whether it opens without a network. In public mode, visitors get only such encoders.
    """

    name: str
    title: str
    factory: Callable[[str, OnProgress | None], Encoder]
    modalities: tuple[Literal["image", "text"], ...] = ("image", "text")
    is_local: bool = True


def _embedded(name: str, on_progress: OnProgress | None, *, release_memory: bool = False) -> Encoder:
    from core.encoders.embedded.encoder import EmbeddedEncoder

    return EmbeddedEncoder(name, release_memory=release_memory, on_progress=on_progress)


def _hub(name: str, on_progress: OnProgress | None) -> Encoder:
    from core.encoders.hub.encoder import HubEncoder

    return HubEncoder(name, on_progress=on_progress)


def _reduced(name: str, on_progress: OnProgress | None, *, release_memory: bool) -> Encoder:
    from core.encoders.reduced import ReducedEncoder, load_reduction

    reduction = load_reduction(name)
    base = open_encoder(reduction.encoder_name, release_memory=release_memory, on_progress=on_progress)
    return ReducedEncoder(base, reduction)


def _adapted(name: str, on_progress: OnProgress | None, *, release_memory: bool) -> Encoder:
    from core.encoders.adapted import AdaptedEncoder, load_adapter

    adapter = load_adapter(name)
    check_base_is_here(adapter.title, adapter.encoder_name)
    base = open_encoder(adapter.encoder_name, release_memory=release_memory, on_progress=on_progress)
    return AdaptedEncoder(base, adapter)


def _imported(name: str) -> Encoder:
    from core.encoders.precomputed import ImportedEncoder

    return ImportedEncoder(name)


_BUILT_IN = {
    info.name: info
    for info in (
        EncoderInfo(DEFAULT_ENCODER, "Embedded (works offline)", _embedded),
        *(EncoderInfo(model.hub_id, f"{model.title} · {model.size}", _hub, is_local=False) for model in CURATED),
    )
}
_registered: dict[str, EncoderInfo] = {}


def register_encoder(info: EncoderInfo) -> None:
    """Adds an encoder, or replaces an added one of the same name.

    Parameters
    ----------
    info : EncoderInfo

    Raises
    ------
    EncoderError
        The name is empty, or taken by a built-in encoder.
    """
    name = info.name
    reserved = name in _BUILT_IN or name.startswith((_IMPORTED, _ADAPTED)) or _REDUCED.search(name)
    if not name or name != name.strip() or reserved:
        raise EncoderError(f"{name!r} is not available as the name of an encoder: choose another name.")
    _registered[name] = info


def unregister_encoder(name: str) -> None:
    """Removes an encoder that `register_encoder` added.

    Parameters
    ----------
    name : str
        Unknown names are ignored.
    """
    _registered.pop(name, None)


def get_encoder_info(name: str) -> EncoderInfo | None:
    """The registry entry of an encoder.

    Parameters
    ----------
    name : str

    Returns
    -------
    EncoderInfo or None
        None for unlisted hub ids, folders, reductions, adapted encoders and imported vectors.
    """
    return _BUILT_IN.get(name) or _registered.get(name) or _load_plugins(tuple(sys.path)).get(name)


def encoder_names() -> list[str]:
    """Names of the encoders known without a network.

    Returns
    -------
    list of str
        Built-in encoders, curated hub ids, then encoders of other packages.
    """
    return list(dict.fromkeys([*_BUILT_IN, *_registered, *_load_plugins(tuple(sys.path))]))


def is_model_name(name: str) -> bool:
    """Whether a name is a model of a hub or in a folder, rather than an encoder that opens without a download.

    Parameters
    ----------
    name : str

    Returns
    -------
    bool
    """
    info = get_encoder_info(name)
    if info is not None:
        return not info.is_local
    return not name.startswith((_IMPORTED, _ADAPTED)) and ("/" in name or os.path.isdir(to_absolute(name)))


def get_base_name(name: str) -> str | None:
    """The encoder whose vectors a derived one maps, by name: "embedded" of "embedded@pca128-..."; None for others.

    None too for an adapted encoder that is not on this machine.
    """
    reduced = _REDUCED.search(name)
    if reduced is not None:
        return name[: reduced.start()]
    if not name.startswith(_ADAPTED):
        return None
    from core.encoders.adapted import load_adapter

    try:
        return load_adapter(name).encoder_name
    except EncoderError:
        return None


def get_tower_name(name: str) -> str:
    """The encoder at the bottom of a derived one, by name; the name itself of others."""
    base = get_base_name(name)
    return name if base is None else get_tower_name(base)


def check_base_is_here(title: str, base: str) -> None:
    """Raises EncoderError if an adapted encoder would have to fetch its base: its file may come from anybody."""
    from core.encoders.hub.files import is_cached

    towers = get_tower_name(base)
    if is_model_name(towers) and not os.path.isdir(to_absolute(towers)) and not is_cached(towers):
        raise EncoderError(
            f"The adapted encoder {title!r} was made of {towers}, a model that is not on this machine: open that first."
        )


def open_encoder(
    name: str = DEFAULT_ENCODER, *, release_memory: bool = False, on_progress: OnProgress | None = None
) -> Encoder:
    """Opens an encoder by its name.

    Parameters
    ----------
    name : str
        A registered encoder; a hub id ("owner/model"); a local model folder; one of these with fewer dimensions
        ("embedded@pca128-...", see `core.encoders.reduced`); one adapted to somebody's pictures ("adapted:NAME", see
        `core.encoders.adapted`); or imported vectors ("imported:NAME:512", see `core.encoders.precomputed`).
    release_memory : bool
        Whether the embedded encoder returns the memory of each batch (400 MB), for small shared servers. It then takes
        a sixth longer.
    on_progress : callable, optional
        Called during the first preparation or a download; both happen once per machine.

    Returns
    -------
    Encoder
        Its heavy part loads at the first encode.

    Raises
    ------
    EncoderError
        The name is unknown, or the weights are not available.
    """
    name = name.strip()
    if name == DEFAULT_ENCODER:
        return _embedded(name, on_progress, release_memory=release_memory)
    info = get_encoder_info(name)
    if info is not None:
        return info.factory(name, on_progress) if name in _BUILT_IN else _open_plugin(info, on_progress)
    if _REDUCED.search(name):
        return _reduced(name, on_progress, release_memory=release_memory)
    if name.startswith(_ADAPTED):
        return _adapted(name, on_progress, release_memory=release_memory)
    if name.startswith(_IMPORTED):
        return _imported(name)
    if is_model_name(name):
        return _hub(name, on_progress)
    known = ", ".join(encoder_names())
    raise EncoderError(f"Unknown encoder {name!r}. Known: {known}; or a hub id (owner/model), or a model folder.")


def _open_plugin(info: EncoderInfo, on_progress: OnProgress | None) -> Encoder:
    try:
        encoder = info.factory(info.name, on_progress)
        if not isinstance(encoder, Encoder):
            raise TypeError(f"{type(encoder).__name__} lacks members of core.Encoder")
    except SemblanceError:
        raise
    except Exception as error:  # the code of another package
        raise EncoderError(f"The encoder {info.name!r} cannot be opened: {error}") from error
    return encoder


@lru_cache(maxsize=1)
def _load_plugins(path: tuple[str, ...]) -> dict[str, EncoderInfo]:
    """Encoders of installed packages; failures are logged. path: `sys.path`, as the key of the cache."""
    plugins: dict[str, EncoderInfo] = {}

    def add(info: object) -> None:
        if not isinstance(info, EncoderInfo):
            raise TypeError(f"{info!r} is not an EncoderInfo")
        if info.name in _BUILT_IN:
            raise ValueError(f"{info.name} is a built-in encoder")
        plugins.setdefault(info.name, info)

    load_plugins(ENTRY_POINTS, add)
    return plugins
