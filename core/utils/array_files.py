"""Arrays and a few words in one safetensors file: it holds no code, so that a file from anybody may be opened."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError

Arrays = dict[str, NDArray[np.float32]]

SUFFIX = ".safetensors"


def pack_arrays(arrays: Arrays, about: Mapping[str, str]) -> bytes:
    """Arrays as float32, and words about them, as the bytes of a file."""
    from safetensors.numpy import save

    return save({name: np.ascontiguousarray(array, np.float32) for name, array in arrays.items()}, dict(about))


def unpack_arrays(data: bytes) -> tuple[Arrays, dict[str, str]]:
    """Reads `pack`. Raises DataError for anything else, pickles among it, and for numbers that are not finite."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        length = int.from_bytes(data[:8], "little")
        about = dict(json.loads(data[8 : 8 + length])["__metadata__"])
        arrays = load(data)
    except (SafetensorError, KeyError, ValueError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise DataError(
            "This is not a file that Semblance saved (.safetensors). Pickles and joblib files are not opened: they can "
            "run code."
        ) from error
    if not all(array.dtype == np.float32 and np.isfinite(array).all() for array in arrays.values()):
        raise DataError("The file holds numbers that are not finite: save it again.")
    return arrays, about
