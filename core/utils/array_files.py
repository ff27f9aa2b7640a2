"""Arrays and texts in one safetensors file. It holds no code, so a file from anybody may be opened."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError

Arrays = dict[str, NDArray[np.float32]]

SUFFIX = ".safetensors"


def pack_arrays(arrays: Arrays, about: Mapping[str, str]) -> bytes:
    """Arrays and texts as the bytes of a safetensors file.

    Parameters
    ----------
    arrays : dict of str to numpy.ndarray
        Stored as float32.
    about : mapping of str to str
        Texts that describe them.

    Returns
    -------
    bytes
    """
    from safetensors.numpy import save

    return save({name: np.ascontiguousarray(array, np.float32) for name, array in arrays.items()}, dict(about))


def unpack_arrays(data: bytes) -> tuple[Arrays, dict[str, str]]:
    """Reads what `pack_arrays` made.

    Parameters
    ----------
    data : bytes
        The whole file.

    Returns
    -------
    arrays : dict of str to numpy.ndarray
        float32.
    about : dict of str to str

    Raises
    ------
    DataError
        The file is no such file (a pickle, for example), or holds numbers that are not finite.
    """
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
