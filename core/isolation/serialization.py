"""Values as blocks of bytes and back: numbers, texts, bytes, arrays, and data classes of this package.

JSON, and bytes and arrays as they lie in memory: nothing in it can name code, as a pickle can.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from core.isolation.process import Block

_KINDS = "biuf"  # of arrays: booleans and numbers

Parts = list[bytes | np.ndarray]


def pack(value: Any) -> list[Block]:
    """The value as JSON, then its bytes and arrays, one block each.

    None, booleans, numbers, texts, bytes; arrays of numbers; data classes of this package; tuples, lists (which come
    back as tuples) and dictionaries with texts as keys, of all these. Raises TypeError for anything else.
    """
    parts: Parts = []
    packed = _pack_value(value, parts)
    heads = [len(part) if isinstance(part, bytes) else [part.dtype.str, part.shape] for part in parts]
    blocks: list[Block] = []
    for part in parts:
        if isinstance(part, bytes):
            blocks += [part] if part else []
        elif part.size:
            blocks.append(part.reshape(-1).view(np.uint8).data)
    return [json.dumps({"value": packed, "parts": heads}).encode(), *blocks]


def unpack(first: bytes, more: Callable[[], Any]) -> Any:
    """Reads what `pack` made. more: gives the next block whenever it is called."""
    packed = json.loads(first)
    parts: Parts = []
    for head in packed["parts"]:
        if isinstance(head, int):
            parts.append(more() if head else b"")
        else:
            dtype, shape = head
            parts.append(np.frombuffer(bytearray(more()) if np.prod(shape) else b"", dtype).reshape(shape))
    return _unpack_value(packed["value"], parts)


def _pack_value(value: Any, parts: Parts) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic):
        return _pack_value(value.item(), parts)
    if isinstance(value, tuple | list):
        return [_pack_value(member, parts) for member in value]
    if isinstance(value, dict) and all(isinstance(name, str) for name in value):
        return {"dict": {name: _pack_value(member, parts) for name, member in value.items()}}
    if isinstance(value, bytes) or (isinstance(value, np.ndarray) and value.dtype.kind in _KINDS):
        parts.append(value if isinstance(value, bytes) else np.ascontiguousarray(value))
        return {"part": len(parts) - 1}
    if is_dataclass(value) and type(value).__module__.startswith("core."):
        name = f"{type(value).__module__}:{type(value).__qualname__}"
        return {
            "of": name,
            "fields": {field.name: _pack_value(getattr(value, field.name), parts) for field in fields(value)},
        }
    raise TypeError(f"{type(value).__name__} cannot be sent to a child process")


def _unpack_value(packed: Any, parts: Parts) -> Any:
    if isinstance(packed, list):
        return tuple(_unpack_value(member, parts) for member in packed)
    if not isinstance(packed, dict):
        return packed
    if "part" in packed:
        return parts[packed["part"]]
    if "dict" in packed:
        return {name: _unpack_value(member, parts) for name, member in packed["dict"].items()}
    module, _, name = packed["of"].partition(":")
    kind = getattr(importlib.import_module(module), name) if module.startswith("core.") else None
    if not is_dataclass(kind):
        raise TypeError(f"{packed['of']} is no data class of this package")
    return kind(**{name: _unpack_value(member, parts) for name, member in packed["fields"].items()})  # type: ignore[operator]
