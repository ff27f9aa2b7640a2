"""Cuts of a video, found by PySceneDetect (adaptive content detector).

The detector compares hue, saturation and brightness of neighboring frames. A cut stands out from the frames around it;
a fast pan does not. https://www.scenedetect.com/docs/latest/api/detectors.html
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from av.video.reformatter import VideoReformatter
from scenedetect import AdaptiveDetector, FrameTimecode

_SIDE = 64  # pixels of the shorter side: a cut shows in thumbnails too
_SHORTEST_S = 0.6  # a shorter scene is a flash
_PIECE_S = 10.0
_TICKS = 1_000.0  # per second; frames closer than that count as one


def find_scene_edges(shown: Iterator[tuple[float, Any]]) -> list[float]:
    """Seconds at which scenes begin, from 0, then the end: n + 1 for n scenes. Those over 10 s are cut evenly.

    shown: (time in seconds, `av.VideoFrame`), all frames in order; read once, one at a time.
    """
    shrinker = VideoReformatter()  # one for all frames: setting it up costs more than its work
    detector = AdaptiveDetector(min_scene_len=_SHORTEST_S)
    cuts, end_s, span_s = [0.0], 0.0, 0.0
    for number, (at, frame) in enumerate(shown):
        now = FrameTimecode(at, _TICKS)
        cuts += [cut.seconds for cut in detector.process_frame(now, _shrink_frame(frame, shrinker))]
        span_s = (at - end_s) if number else 0.0
        end_s = at
    cuts += [cut.seconds for cut in detector.post_process(FrameTimecode(end_s, _TICKS))]
    edges = [*cuts, end_s + span_s]
    return [piece for start, end in pairwise(edges) for piece in _split_pieces(start, end)] + edges[-1:]


def _split_pieces(start: float, end: float) -> list[float]:
    count = max(1, math.ceil((end - start) / _PIECE_S - 1e-6))
    return [start + (end - start) * piece / count for piece in range(count)]


def _shrink_frame(frame: Any, shrinker: VideoReformatter) -> Any:
    factor = max(1, min(frame.width, frame.height) // _SIDE)
    size = max(1, frame.width // factor), max(1, frame.height // factor)
    return shrinker.reformat(frame, *size, "bgr24", interpolation="FAST_BILINEAR", threads=1).to_ndarray()
