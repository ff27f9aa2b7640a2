"""What was measured of pictures, kept by content in one small file of the home folder, so that it is measured once."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Mapping
from pathlib import Path

from core.config import get_home
from core.utils.files import locked, write_atomic

Values = tuple[float, float, float]  # sharpness, brightness, contrast

_VERSION = 1  # of how they are measured: others are forgotten
_MAX_CACHED = 300_000  # pictures; then the first that were measured go


def load_cached_qualities() -> dict[str, Values]:
    """What is kept, by content hash; empty where nothing is or the file is damaged (it can be measured again)."""
    try:
        predictions = json.loads(_file().read_text())
    except (OSError, ValueError):
        return {}
    if (
        not isinstance(predictions, dict)
        or predictions.get("version") != _VERSION
        or not isinstance(predictions.get("pictures"), dict)
    ):
        return {}
    return {content: tuple(values) for content, values in predictions["pictures"].items() if _is_whole(values)}


def store_qualities(fresh: Mapping[str, Values]) -> None:
    """Adds to what is kept. A read-only home or a full disk costs speed, no more."""
    if not fresh:
        return
    with contextlib.suppress(OSError), locked(_file()):
        pictures = list({**load_cached_qualities(), **fresh}.items())[-_MAX_CACHED:]
        data = json.dumps({"version": _VERSION, "pictures": dict(pictures)}, separators=(",", ":")).encode()
        write_atomic(_file(), data)


def _is_whole(values: object) -> bool:
    return (
        isinstance(values, list)
        and len(values) == 3
        and all(isinstance(value, (int, float)) and math.isfinite(value) for value in values)
    )


def _file() -> Path:
    return get_home() / "picture-quality.json"
