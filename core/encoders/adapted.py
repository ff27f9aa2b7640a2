"""Encoders adapted to somebody's own pictures: small residual maps of another encoder's vectors, learned and saved.

`core.adapt` learns them from captions or labels.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.config import get_home
from core.encoders.base import Encoder, Vectors, unit_rows
from core.encoders.derived import DerivedEncoder
from core.encoders.saved_files import add_free_number, remove_saved, write_saved
from core.errors import DataError, EncoderError
from core.utils.array_files import SUFFIX, pack_arrays, unpack_arrays

PREFIX = "adapted:"

_TITLE = re.compile(r"\w[\w .\-]{0,59}")
_LARGEST = 1e6  # absolute value in a file; products with unit vectors stay finite in float32
_LONGEST = 200  # bytes of a name, as file systems allow 255


@dataclass(frozen=True, eq=False)
class LowRankMap:
    """A residual map of unit vectors [1]_ [2]_: x becomes unit(x + up (down x)). With `up` 0 it changes nothing.

    Attributes
    ----------
    down : ndarray of float32, shape (r, dim)
        What the map responds to. Its rank r is far below dim.
    up : ndarray of float32, shape (dim, r)
        Where it moves a vector that has it.

    References
    ----------
    .. [1] Hu et al. 2022, "LoRA: low-rank adaptation of large language models"
    .. [2] Gao et al. 2021, "CLIP-Adapter: better vision-language models with feature adapters"
    """

    down: NDArray[np.float32]
    up: NDArray[np.float32]

    def apply(self, vectors: Vectors) -> Vectors:
        """(n, dim) to unit rows (n, dim)."""
        return unit_rows(vectors + (vectors @ self.down.T) @ self.up.T)


@dataclass(frozen=True, eq=False)
class Adapter:
    """Two residual maps of an encoder's vectors: one of pictures, one of texts.

    Attributes
    ----------
    title : str
        1 to 60 letters, digits, spaces, dots or dashes.
    encoder_id, encoder_name : str
        The encoder whose vectors it applies to.
    images, texts : LowRankMap
    about : str
        What it was learned from, in words.
    """

    title: str
    encoder_id: str
    encoder_name: str
    images: LowRankMap
    texts: LowRankMap
    about: str = ""

    @property
    def name(self) -> str:
        """The name for `open_encoder`."""
        return f"{PREFIX}{self.title}"

    @property
    def digest(self) -> str:
        """Ten hexadecimal digits of the encoder's id and the weights: equal adapters of one encoder have one."""
        arrays = b"".join(np.ascontiguousarray(array).tobytes() for array in _arrays(self).values())
        return hashlib.sha256(self.encoder_id.encode() + arrays).hexdigest()[:10]

    @property
    def dim(self) -> int:
        """Length of the vectors."""
        return int(self.images.down.shape[1])


class AdaptedEncoder(DerivedEncoder):
    """Encodes with a base encoder and adapts its vectors."""

    def __init__(self, base: Encoder, adapter: Adapter) -> None:
        if (base.id, base.dim) != (adapter.encoder_id, adapter.dim):
            raise EncoderError(
                f"The adapter {adapter.title!r} was learned with other weights of {base.name}: adapt it again."
            )
        super().__init__(base, name=adapter.name, id_suffix=f"+adapted-{adapter.digest}", dim=base.dim)
        self.adapter = adapter

    def map_images(self, vectors: Vectors) -> Vectors:
        return self.adapter.images.apply(vectors)

    def map_texts(self, vectors: Vectors) -> Vectors:
        return self.adapter.texts.apply(vectors)


def check_title(title: str) -> str:
    """A valid title of an adapter, without spaces around it. Raises DataError."""
    title = " ".join(title.split())
    if not _TITLE.fullmatch(title) or len(title.encode()) > _LONGEST:
        raise DataError("A name for an adapted encoder has 1 to 60 letters, digits, spaces, dots or dashes.")
    return title


def adapter_bytes(adapter: Adapter) -> bytes:
    """An adapter as a safetensors file, which holds no code."""
    about = {
        "title": check_title(adapter.title), "encoder_id": adapter.encoder_id, "encoder_name": adapter.encoder_name,
        "about": adapter.about,
    }  # fmt: skip
    return pack_arrays(_arrays(adapter), about)


def read_adapter(data: bytes) -> Adapter:
    """Reads a file made by `adapter_bytes`. Raises DataError if the file does not hold an adapter."""
    arrays, about = unpack_arrays(data)
    try:
        maps = {side: LowRankMap(arrays[f"{side}.down"], arrays[f"{side}.up"]) for side in ("images", "texts")}
        adapter = Adapter(check_title(about["title"]), about["encoder_id"], about["encoder_name"],
                          about=about.get("about", ""), **maps)  # fmt: skip
        dims = {_check_shapes(side) for side in maps.values()}
    except (KeyError, ValueError, TypeError, AttributeError, DataError) as error:
        raise DataError("The file does not hold an adapted encoder: choose one that Semblance saved.") from error
    if len(dims) > 1 or adapter.encoder_name.startswith(PREFIX):
        raise DataError("The file does not hold an adapted encoder: choose one that Semblance saved.")
    return adapter


def _check_shapes(side: LowRankMap) -> int:
    """The length of the vectors of a map. Raises ValueError if its arrays do not match or hold huge numbers."""
    rank, dim = side.down.shape
    if side.up.shape != (dim, rank) or not 0 < rank <= dim:
        raise ValueError("the arrays do not match")
    if max(float(np.abs(array).max()) for array in (side.down, side.up)) > _LARGEST:
        raise ValueError("the numbers are too large")
    return dim


def save_adapter(adapter: Adapter) -> Path:
    """Saves an adapter in the home folder, so that `open_encoder` finds it; replaces one of its title.

    Raises DataError if the title is invalid or the home cannot be written.
    """
    return write_saved(_path(adapter.title), adapter_bytes(adapter))


def load_adapter(name: str) -> Adapter:
    """A saved adapter by its name for `open_encoder`. Raises EncoderError if it is missing or damaged."""
    title = name.removeprefix(PREFIX)
    try:
        adapter = read_adapter(_path(title).read_bytes())
    except OSError:
        known = ", ".join(adapter_names()) or "none yet"
        raise EncoderError(
            f"There is no adapted encoder {title!r} on this machine (there are: {known}): import its file, or adapt "
            "one again."
        ) from None
    except DataError as error:
        raise EncoderError(f"The file of the adapted encoder {title!r} is damaged: adapt it again.") from error
    if adapter.title != title:
        raise EncoderError(f"The file of the adapted encoder {title!r} is that of {adapter.title!r}: rename it back.")
    return adapter


def import_adapter(source: Path | bytes, *, replace: bool = False) -> Adapter:
    """Saves an adapter that came as a file, under its own title.

    Raises DataError if it cannot be read, is no adapter, or another one has its title; `replace` overrides that.
    """
    try:
        data = source if isinstance(source, bytes) else source.read_bytes()
    except OSError as error:
        raise DataError(f"{source!s} cannot be read: {error.strerror}.") from error
    adapter = read_adapter(data)
    if not replace and adapter.name in adapter_names() and load_adapter(adapter.name).digest != adapter.digest:
        raise DataError(f"There is another adapted encoder {adapter.title!r} here: remove it first.")
    save_adapter(adapter)
    return adapter


def adapter_names() -> list[str]:
    """Names of the saved adapters, for `open_encoder`."""
    return [f"{PREFIX}{path.name.removesuffix(SUFFIX)}" for path in sorted(_folder().glob(f"*{SUFFIX}"))]


def remove_adapter(name: str) -> None:
    """Deletes a saved adapter, if it exists. Vectors made with it stay in libraries until they are dropped."""
    remove_saved(_path(name.removeprefix(PREFIX)))


def adapted_title(name: str) -> str | None:
    """Display name, "NAME, adapted"; None for other names."""
    title = name.removeprefix(PREFIX)
    return f"{title}, adapted" if name.startswith(PREFIX) and _TITLE.fullmatch(title) else None


def find_free_title(target: str, taken: Sequence[str] = ()) -> str:
    """A valid title that no saved adapter has, similar to a given one. taken: further titles that are in use."""
    start = re.sub(r"[^\w.\-]+", " ", target).strip(" .-")[:50].strip() or "my pictures"
    return add_free_number(start, [*(name.removeprefix(PREFIX) for name in adapter_names()), *taken])


def _arrays(adapter: Adapter) -> dict[str, NDArray[np.float32]]:
    return {
        "images.down": adapter.images.down, "images.up": adapter.images.up,
        "texts.down": adapter.texts.down, "texts.up": adapter.texts.up,
    }  # fmt: skip


def _folder() -> Path:
    return get_home() / "adapters"


def _path(title: str) -> Path:
    try:
        return _folder() / f"{check_title(title)}{SUFFIX}"
    except DataError as error:
        raise EncoderError(f"{title!r} is not the name of an adapted encoder.") from error
