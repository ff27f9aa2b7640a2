"""Weights of text queries that were fitted to somebody's own pictures, saved in the home folder by encoder.

`core.evaluation.match.calibrate` fits them; `core.encoders.calibration.get_calibration` uses them where they exist.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

from core.config import get_home
from core.errors import DataError
from core.utils.files import write_atomic


@dataclass(frozen=True, slots=True)
class FittedWeights:
    """What a fit found for one encoder. text_weights, closeness_weights: see `Calibration`. about: says what it was
    fitted to."""

    encoder_id: str
    text_weights: tuple[float, float, float]
    closeness_weights: tuple[float, float]
    about: str = ""


def load_fitted(encoder_id: str) -> FittedWeights | None:
    """The weights that were saved for an encoder; None if there are none, or their file is damaged."""
    path = _path(encoder_id)
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        return None
    found = _read(path, changed)
    return found if found is not None and found.encoder_id == encoder_id else None


def save_fitted(weights: FittedWeights) -> Path:
    """Saves weights for all later searches with their encoder. Raises DataError if the home cannot be written."""
    path = _path(weights.encoder_id)
    try:
        write_atomic(path, json.dumps(asdict(weights), indent=1).encode())
    except OSError as error:
        raise DataError(
            f"{path} cannot be written ({error.strerror or error}): make room, or make it writable."
        ) from error
    return path


def remove_fitted(encoder_id: str) -> bool:
    """Deletes the weights of an encoder; whether there were some. Raises DataError if the home cannot be written."""
    try:
        _path(encoder_id).unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise DataError(f"{_path(encoder_id)} cannot be removed ({error.strerror or error}).") from error
    return True


@lru_cache(maxsize=32)
def _read(path: Path, changed: int) -> FittedWeights | None:
    """changed: time of the file's last change, so that each version is read once."""
    try:
        saved = json.loads(path.read_bytes())
        text, closeness = (
            tuple(float(number) for number in saved[key]) for key in ("text_weights", "closeness_weights")
        )
        presence, size, intercept = text
        weight, middle = closeness
        encoder_id, about = str(saved["encoder_id"]), str(saved.get("about", ""))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    if not all(math.isfinite(number) for number in (*text, *closeness)):
        return None
    return FittedWeights(encoder_id, (presence, size, intercept), (weight, middle), about)


def _path(encoder_id: str) -> Path:
    """Readable, and one per id: ids may hold what file names may not, and differ in no more than that."""
    digest = hashlib.sha256(encoder_id.encode()).hexdigest()[:10]
    return get_home() / "calibrations" / f"{re.sub(r'[^A-Za-z0-9.-]+', '_', encoder_id)[:60]}-{digest}.json"
