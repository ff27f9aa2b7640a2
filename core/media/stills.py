"""Single pictures of videos, decoded in processes apart as pictures and whole videos are (`core.media.apart`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from core.errors import MediaError, TooSlow
from core.isolation.process import NoReply, ProcessEnded
from core.media.processes import release_worker, start_request

_SILENT_S = 60.0  # somebody waits for them
_BROKE = "The decoder broke down on it, or took too much memory: convert it."
_HUNG = "Decoding it takes too long, so it was stopped: convert it."


def read_stills(
    source: Path | str | bytes, times_s: Sequence[float], *, min_side: int | None = None
) -> list[Image.Image]:
    """As `Video.pictures_at`, in a process apart: what is on the screen at some seconds, in their order.

    Raises MediaError: also where decoding hangs, crashes or takes too much memory.
    """
    found: list[Image.Image] = []
    worker, predictions, image = _started(source, {"times_s": list(times_s), "min_side": min_side})
    while not predictions.get("all"):
        if image is not None:
            found.append(image)
        try:
            predictions, image = worker.receive_reply(_SILENT_S)
        except (NoReply, ProcessEnded) as error:
            worker.end()
            raise (TooSlow(_HUNG) if isinstance(error, NoReply) else MediaError(_BROKE)) from None
        if "reason" in predictions:
            release_worker(worker)
            raise MediaError(predictions["reason"])
    release_worker(worker)
    return found


def read_still(source: Path | str | bytes, time_s: float, *, min_side: int | None = None) -> Image.Image:
    """The picture on the screen at a second, see `stills`."""
    return read_stills(source, [time_s], min_side=min_side)[0]


def plays_in_browsers(path: Path) -> bool:
    """As `core.media.playable.is_playable`, in a process apart. False for what cannot be read."""
    try:
        worker, predictions, _ = _started(path, {"playable": True})
    except MediaError:
        return False
    release_worker(worker)
    return bool(predictions["playable"])


def _started(source: Path | str | bytes, target: dict[str, Any]) -> tuple[Any, dict[str, Any], Image.Image | None]:
    data = source if isinstance(source, bytes) else None
    path = None if isinstance(source, bytes) else str(source)
    return start_request({"path": path, "work_s": None, "silent_s": _SILENT_S} | target, data)
