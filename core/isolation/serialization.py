"""Values as blocks of bytes and back: numbers, texts, arrays, and data classes of this package.

JSON, and arrays as they lie in memory: nothing in it can name code, as a pickle can.
"""

from __future__ import annotations

import importlib
import json
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from core.isolation.process import Block

_KINDS = "biuf"  # of arrays: booleans and numbers


def pack(value: Any) -> list[Block]:
    """The value as JSON and its arrays, one block each.

    None, booleans, numbers, texts; arrays of numbers; data classes of this package; tuples, lists (which come back as
    tuples) and dictionaries with texts as keys, of all these. Raises TypeError for anything else.
    """
    arrays: list[np.ndarray] = []
    predictions = json.dumps(
        {"value": _pack_value(value, arrays), "arrays": [[array.dtype.str, array.shape] for array in arrays]}
    )
    return [predictions.encode(), *(array.reshape(-1).view(np.uint8).data for array in arrays if array.size)]


def unpack(first: bytes, more: Any) -> Any:
    """Reads `pack`. more: gives the next block whenever it is called."""
    predictions = json.loads(first)
    arrays = [
        np.frombuffer(bytearray(more()) if np.prod(shape) else b"", dtype).reshape(shape)
        for dtype, shape in predictions["arrays"]
    ]
    return _unpack_value(predictions["value"], arrays)


def _pack_value(value: Any, arrays: list[np.ndarray]) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic):
        return _pack_value(value.item(), arrays)
    if isinstance(value, tuple | list):
        return [_pack_value(entry, arrays) for entry in value]
    if isinstance(value, dict) and all(isinstance(name, str) for name in value):
        return {"dict": {name: _pack_value(entry, arrays) for name, entry in value.items()}}
    if isinstance(value, np.ndarray) and value.dtype.kind in _KINDS:
        arrays.append(np.ascontiguousarray(value))
        return {"array": len(arrays) - 1}
    if is_dataclass(value) and type(value).__module__.startswith("core."):
        name = f"{type(value).__module__}:{type(value).__qualname__}"
        return {
            "of": name,
            "fields": {entry.name: _pack_value(getattr(value, entry.name), arrays) for entry in fields(value)},
        }
    raise TypeError(f"{type(value).__name__} does not go to a process apart")


def _unpack_value(predictions: Any, arrays: list[np.ndarray]) -> Any:
    if isinstance(predictions, list):
        return tuple(_unpack_value(entry, arrays) for entry in predictions)
    if not isinstance(predictions, dict):
        return predictions
    if "array" in predictions:
        return arrays[predictions["array"]]
    if "dict" in predictions:
        return {name: _unpack_value(entry, arrays) for name, entry in predictions["dict"].items()}
    module, _, name = predictions["of"].partition(":")
    kind = getattr(importlib.import_module(module), name) if module.startswith("core.") else None
    if not is_dataclass(kind):
        raise TypeError(f"{predictions['of']} is no data class of this package")
    return kind(**{name: _unpack_value(entry, arrays) for name, entry in predictions["fields"].items()})  # type: ignore[operator]
