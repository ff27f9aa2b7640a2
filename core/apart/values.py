"""Values as blocks of bytes and back: numbers, texts, arrays, and data classes of this package.

JSON, and arrays as they lie in memory: nothing in it can name code, as a pickle can.
"""

from __future__ import annotations

import importlib
import json
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from core.apart.process import Block

_KINDS = "biuf"  # of arrays: booleans and numbers


def pack(value: Any) -> list[Block]:
    """The value as JSON and its arrays, one block each.

    None, booleans, numbers, texts; arrays of numbers; data classes of this package; tuples, lists (which come back as
    tuples) and dictionaries with texts as keys, of all these. Raises TypeError for anything else.
    """
    arrays: list[np.ndarray] = []
    told = json.dumps({"value": _packed(value, arrays), "arrays": [[each.dtype.str, each.shape] for each in arrays]})
    return [told.encode(), *(each.reshape(-1).view(np.uint8).data for each in arrays if each.size)]


def unpack(first: bytes, more: Any) -> Any:
    """Reads `pack`. more: gives the next block whenever it is called."""
    told = json.loads(first)
    arrays = [
        np.frombuffer(bytearray(more()) if np.prod(shape) else b"", dtype).reshape(shape)
        for dtype, shape in told["arrays"]
    ]
    return _unpacked(told["value"], arrays)


def _packed(value: Any, arrays: list[np.ndarray]) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic):
        return _packed(value.item(), arrays)
    if isinstance(value, tuple | list):
        return [_packed(each, arrays) for each in value]
    if isinstance(value, dict) and all(isinstance(name, str) for name in value):
        return {"dict": {name: _packed(each, arrays) for name, each in value.items()}}
    if isinstance(value, np.ndarray) and value.dtype.kind in _KINDS:
        arrays.append(np.ascontiguousarray(value))
        return {"array": len(arrays) - 1}
    if is_dataclass(value) and type(value).__module__.startswith("core."):
        name = f"{type(value).__module__}:{type(value).__qualname__}"
        return {"of": name, "fields": {each.name: _packed(getattr(value, each.name), arrays) for each in fields(value)}}
    raise TypeError(f"{type(value).__name__} does not go to a process apart")


def _unpacked(told: Any, arrays: list[np.ndarray]) -> Any:
    if isinstance(told, list):
        return tuple(_unpacked(each, arrays) for each in told)
    if not isinstance(told, dict):
        return told
    if "array" in told:
        return arrays[told["array"]]
    if "dict" in told:
        return {name: _unpacked(each, arrays) for name, each in told["dict"].items()}
    module, _, name = told["of"].partition(":")
    kind = getattr(importlib.import_module(module), name) if module.startswith("core.") else None
    if not is_dataclass(kind):
        raise TypeError(f"{told['of']} is no data class of this package")
    return kind(**{name: _unpacked(each, arrays) for name, each in told["fields"].items()})  # type: ignore[operator]
