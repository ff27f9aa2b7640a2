"""Which frames of a video are taken."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from core.errors import MediaError


@dataclass(frozen=True, slots=True)
class Sampling:
    """Which frames of a video are taken.

    by: "rate" takes `fps` frames per second; "keyframes" those that stand alone in the stream, at most `fps` of them
    per second, which is fast because nothing else is decoded; "scenes" one for each scene that PySceneDetect finds,
    and one for each 10 seconds of a longer one. Raises MediaError for other values.
    """

    fps: float = 1.0
    by: Literal["rate", "keyframes", "scenes"] = "rate"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.fps) and 0.01 <= self.fps <= 60):
            raise MediaError(f"{self.fps:g} frames per second: give a rate from 0.01 to 60.")
        if self.by not in ("rate", "keyframes", "scenes"):
            raise MediaError(f"Frames are sampled by rate, keyframes or scenes, not by {self.by!r}.")

    def __str__(self) -> str:
        """As it is stored beside the vectors."""
        return "scenes" if self.by == "scenes" else f"{self.fps:g} fps" + (" keyframes" * (self.by == "keyframes"))

    @classmethod
    def parse(cls, text: str) -> Sampling:
        """Reads what `str` wrote."""
        if text == "scenes":
            return cls(by="scenes")
        fps, _, by = text.partition(" fps")
        return cls(float(fps), "keyframes" if by.strip() else "rate")
