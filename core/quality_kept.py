"""What was measured of pictures, kept by content in one small file of the home folder, so that it is measured once."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Mapping
from pathlib import Path

from core.files import locked, write_whole
from core.home import home

Values = tuple[float, float, float]  # sharpness, brightness, contrast

_VERSION = 1  # of how they are measured: others are forgotten
_MOST = 300_000  # pictures; then the first that were measured go


def load_qualities() -> dict[str, Values]:
    """What is kept, by content hash; empty where nothing is or the file is damaged (it can be measured again)."""
    try:
        told = json.loads(_file().read_text())
    except (OSError, ValueError):
        return {}
    if not isinstance(told, dict) or told.get("version") != _VERSION or not isinstance(told.get("pictures"), dict):
        return {}
    return {content: tuple(values) for content, values in told["pictures"].items() if _is_whole(values)}


def save_qualities(fresh: Mapping[str, Values]) -> None:
    """Adds to what is kept. A read-only home or a full disk costs speed, no more."""
    if not fresh:
        return
    with contextlib.suppress(OSError), locked(_file()):
        pictures = list({**load_qualities(), **fresh}.items())[-_MOST:]
        data = json.dumps({"version": _VERSION, "pictures": dict(pictures)}, separators=(",", ":")).encode()
        write_whole(_file(), data)


def _is_whole(values: object) -> bool:
    return (
        isinstance(values, list)
        and len(values) == 3
        and all(isinstance(value, (int, float)) and math.isfinite(value) for value in values)
    )


def _file() -> Path:
    return home() / "picture-quality.json"
