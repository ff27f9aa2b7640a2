"""Opens encoders by name. "embedded" works offline; a hub id or a local folder opens any dual encoder.

A name opens the newest weights. Those of an earlier version open by their id, for libraries that were made with them.
Other packages add encoders by an entry point of the group `semblance.encoders`, or by `register_encoder`.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache, partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from core.encoders.base import Encoder
from core.encoders.hub.catalog import CURATED
from core.errors import EncoderError, SemblanceError
from core.progress import OnProgress
from core.utils.files import to_absolute
from core.utils.plugins import load_plugins

if TYPE_CHECKING:
    from core.encoders.embedded.releases import Release

Factory = Callable[[str, OnProgress | None], Encoder]
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
    earlier : mapping of str to callable
        Earlier weights that can still be opened: factories by `Encoder.id`, the latest first. They take `name`, too.
    """

    name: str
    title: str
    factory: Factory
    modalities: tuple[Literal["image", "text"], ...] = ("image", "text")
    is_local: bool = True
    earlier: Mapping[str, Factory] = field(default_factory=lambda: MappingProxyType({}), compare=False)


def _embedded(name: str, on_progress: OnProgress | None, *, release_memory: bool = False) -> Encoder:
    from core.encoders.embedded.encoder import EmbeddedEncoder
    from core.encoders.embedded.releases import NEWEST

    release = NEWEST if name == DEFAULT_ENCODER else _earlier_embedded()[name]
    encoder = EmbeddedEncoder(DEFAULT_ENCODER, release=release, release_memory=release_memory, on_progress=on_progress)
    return encoder if name == DEFAULT_ENCODER else _check_weights(encoder, name)


def _check_weights(encoder: Encoder, encoder_id: str) -> Encoder:
    if encoder.id != encoder_id:
        raise EncoderError(f"The earlier weights {encoder_id} are damaged: install the package that has them again.")
    return encoder


@cache
def _earlier_embedded() -> Mapping[str, Release]:
    """The releases by their ids, without the newest, which a library has in common with nobody's earlier one."""
    from core.encoders.embedded.releases import EARLIER, NEWEST

    return {release.id: release for release in EARLIER if release.id != NEWEST.id}


def _is_embedded(name: str) -> bool:
    return name == DEFAULT_ENCODER or (name.startswith(f"{DEFAULT_ENCODER}-") and name in _earlier_embedded())


def _hub(name: str, on_progress: OnProgress | None) -> Encoder:
    from core.encoders.hub.encoder import HubEncoder

    return HubEncoder(name, on_progress=on_progress)


def _reduced(name: str, on_progress: OnProgress | None, *, release_memory: bool) -> Encoder:
    from core.encoders.reduced import ReducedEncoder, load_reduction

    reduction = load_reduction(name)
    base_name = get_opening_name(reduction.encoder_name, reduction.encoder_id)
    base = open_encoder(base_name, release_memory=release_memory, on_progress=on_progress)
    return ReducedEncoder(base, reduction)


def _adapted(name: str, on_progress: OnProgress | None, *, release_memory: bool) -> Encoder:
    from core.encoders.adapted import AdaptedEncoder, load_adapter

    adapter = load_adapter(name)
    check_base_is_here(adapter.title, adapter.encoder_name)
    base_name = get_opening_name(adapter.encoder_name, adapter.encoder_id)
    base = open_encoder(base_name, release_memory=release_memory, on_progress=on_progress)
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
        Or the id of earlier weights, which have an entry of their own.

    Returns
    -------
    EncoderInfo or None
        None for unlisted hub ids, folders, reductions, adapted encoders and imported vectors.
    """
    return _find_newest(name) or _find_earlier(name)


def _find_newest(name: str) -> EncoderInfo | None:
    return _BUILT_IN.get(name) or _registered.get(name) or _load_plugins(tuple(sys.path)).get(name)


def _find_earlier(encoder_id: str) -> EncoderInfo | None:
    if _is_embedded(encoder_id):
        return replace(_BUILT_IN[DEFAULT_ENCODER], name=encoder_id, title="Embedded, earlier weights")
    for info in [*_registered.values(), *_load_plugins(tuple(sys.path)).values()]:
        if encoder_id in info.earlier:
            return replace(
                info, name=encoder_id, title=f"{info.title}, earlier weights", factory=partial(_open_earlier, info)
            )
    return None


def _open_earlier(info: EncoderInfo, encoder_id: str, on_progress: OnProgress | None) -> Encoder:
    return _check_weights(info.earlier[encoder_id](info.name, on_progress), encoder_id)


def list_earlier_weights(name: str) -> list[str]:
    """Earlier weights of an encoder that can still be opened.

    Parameters
    ----------
    name : str

    Returns
    -------
    list of str
        Their ids, the latest first. `open_encoder` takes them as names.
    """
    if name == DEFAULT_ENCODER:
        return list(_earlier_embedded())
    info = _find_newest(name)
    return list(info.earlier) if info else []


def get_opening_name(name: str, encoder_id: str) -> str:
    """The name with which `open_encoder` gives back an encoder.

    Parameters
    ----------
    name, encoder_id : str
        Its `name` and `id`, as they are stored beside vectors.

    Returns
    -------
    str
        The id where that is of earlier weights, else the name.
    """
    return encoder_id if encoder_id in list_earlier_weights(name) else name


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
        `core.encoders.adapted`); imported vectors ("imported:NAME:512", see `core.encoders.precomputed`); or the id of
        earlier weights, see `list_earlier_weights`.
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
    if _is_embedded(name):
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
