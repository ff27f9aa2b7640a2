"""Decodes frames in order of time, from any second of a video, as far as the file can be read."""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Iterator
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import av

from core.errors import MediaError
from core.media.formats import find_container
from core.media.video_files.container import (
    AGAIN,
    ENCRYPTED,
    get_claimed_duration_s,
    get_duration_s,
    get_origin_s,
    open_container,
    read_packets,
    video_stream,
)
from core.media.video_files.timestamps import Clock, has_jumps, may_jump

_TAIL_S = 1.0  # what a container says of its length is often off by this much
_EPS_S = 1e-6
_HOPELESS = 300  # broken packets before the first frame: no frame will come
_STEPS_BACK_S = (0.0, 10.0, 100.0)
_SOON_S = 5.0  # up to there, reading from the beginning is as fast as guessing where it is


class Decoder:
    """An open file: `container`, `stream`, its `first` frame, and `shown()`. To be closed.

    read_s: how far it was read, in seconds. seeks_exactly: `shown()` gives the same times wherever it begins.
    origin_s: the time on the container's clock at which the video begins. claimed_s: duration according to the
    container, which may be wrong, and is if the clock `jumps`.
    """

    def __init__(self, source: Path | str | bytes) -> None:
        """Raises MediaError with the reason: not a video, cut off, only sound, no frame, unknown codec."""
        self._source = source
        self.container: Any = None
        self.stream: Any = None
        self.read_s = self.origin_s = 0.0
        self._format = ""
        self._got_s, self._begun_s, self._broken = 0.0, 0.0, 0  # of the latest pass
        self._first_s, self._is_encrypted = math.inf, False
        try:
            self._open()
            decoded = next(self._decode(), None)
            if decoded is None:
                raise MediaError(ENCRYPTED if self._is_encrypted else "It holds no frame that can be decoded.")
        except BaseException:
            self.close()
            raise
        self.first: Any = decoded[1]
        if self.first.pts is not None:  # some containers say that it begins at 0, although its times are negative
            self._first_s = float(self.first.pts * self.first.time_base)
            self.origin_s = min(self.origin_s, self._first_s)
        row = find_container(self._format)  # others may count their time anew after a splice, which seeking misses
        self.seeks_exactly = self.first.pts is not None and row is not None and row.seeks_exactly
        self._knows_streams = row is not None and row.knows_streams
        self.claimed_s = get_claimed_duration_s(self.container, self.stream, self.origin_s)

    @cached_property
    def jumps(self) -> bool:
        """Whether the clock starts anew on the way, so that times of the container are wrong. Reads the whole file."""
        if not may_jump(self._format):
            return False
        times: list[float] = []
        with contextlib.suppress(av.FFmpegError, ValueError, MediaError), open_container(self._source) as container:
            for packet in read_packets(container, video_stream(container)):
                times += [] if packet.dts is None else [float(packet.dts * packet.time_base)]
        return has_jumps(times)

    def close(self) -> None:
        """Closes the file."""
        if self.container is not None:
            self.container.close()

    @property
    def damage(self) -> str | None:
        """Which part could not be read, in one sentence; None if all could. Known after all frames were decoded."""
        if self._is_encrypted:
            return f"Only the first {self.read_s:.1f} s could be read; the rest is encrypted."
        if self._is_cut_off():
            of = f"{self.read_s:.1f} of {self.claimed_s:.1f} s"
            what = f"Only the first {of} could be read; the rest is cut off or damaged"
        elif self._broken:
            lost_s = max(self._broken * self._span_s, self.read_s - self._begun_s - self._got_s)
            what = f"About {max(0.1, lost_s):.1f} s of it are damaged"
        else:
            return None
        return f"{what}: {AGAIN}."

    @property
    def length_s(self) -> float:
        """Duration of the whole file in seconds, with the sound. Known after all frames were decoded.

        What the container says is doubted where it is much more than what was read.
        """
        length_s = get_duration_s(self.container, self.origin_s) or 0.0
        if not self._is_short_of(length_s):
            return max(self.read_s, length_s)
        if self.damage or self.jumps:
            return self.read_s
        trusted = self._knows_streams or self._last_s >= length_s - _tail_s(length_s)
        return length_s if trusted else max(self.read_s, self._last_s)

    def shown(
        self, start_s: float = 0.0, *, keyframes: bool = False, cancel: threading.Event | None = None
    ) -> Iterator[tuple[float, Any]]:
        """(since when it is on the screen in seconds, `av.VideoFrame`) from the frame at `start_s`, or an earlier one.

        keyframes: only those that stand alone in the stream. Ends early, without an error, at damage and at `cancel`.
        """
        for back_s in _STEPS_BACK_S:  # seeking guesses in some formats, and lands late
            begin_s = max(0.0, start_s - back_s)
            if not (self.seeks_exactly or self._finds(begin_s)) or not self._seek(begin_s):
                break
            decoded = self._decode(keyframes, cancel)
            found = next(decoded, None)
            if found is not None and found[0] <= start_s + _EPS_S:
                return chain([found], decoded)
            if not begin_s:
                break
        self._open()
        return self._decode(keyframes, cancel)

    # inside

    def _is_cut_off(self) -> bool:
        """Whether less was read than the container claims. Sound or subtitles that go on until then excuse it, unless
        the claim is about the pictures alone; looking for them reads the whole file."""
        claimed_s = self.claimed_s or 0.0
        if not self._is_short_of(claimed_s) or self.jumps:
            return False
        return self._knows_streams or self._last_s < claimed_s - _tail_s(claimed_s)

    def _is_short_of(self, length_s: float) -> bool:
        return self.read_s < length_s - _tail_s(length_s)

    @cached_property
    def _last_s(self) -> float:
        """Where the last of all streams ends, in seconds; 0 if none has times. Reads the whole file."""
        last_s = 0.0
        with contextlib.suppress(av.FFmpegError, ValueError, MediaError), open_container(self._source) as container:
            for packet in read_packets(container):
                if packet.pts is not None:
                    end = float((packet.pts + (packet.duration or 0)) * packet.time_base)
                    last_s = max(last_s, end - self.origin_s)
        return last_s

    def _open(self) -> None:
        """Opens the file at its beginning; works also if it cannot be sought."""
        self.close()
        self.container = open_container(self._source)
        self.stream = video_stream(self.container)
        self.stream.thread_type = "AUTO"
        self.origin_s = min(get_origin_s(self.container, self.stream), self._first_s)
        self._format = str(self.container.format.name)
        self._span_s = 1.0 / float(self.stream.average_rate or 25)

    def _finds(self, time_s: float) -> bool:
        """Whether seeking is possible and worth it, if it is not exact."""
        return time_s > _SOON_S and self.first.pts is not None and not self.jumps

    def _seek(self, time_s: float) -> bool:
        """Seeks the last keyframe at or before a time of the container; returns whether that worked."""
        try:
            self.container.seek(int((time_s + self.origin_s) / self.stream.time_base), stream=self.stream)
        except (av.FFmpegError, OverflowError, ZeroDivisionError):
            return False
        return True

    def _decode(self, keyframes: bool = False, cancel: threading.Event | None = None) -> Iterator[tuple[float, Any]]:
        """Decodes from the current position; broken packets are skipped, and empty ones, which repeat a picture."""
        self.stream.codec_context.skip_frame = "NONKEY" if keyframes else "DEFAULT"
        clock = Clock(origin_s=self.origin_s, span_s=self._span_s, container=self._format)
        self._got_s, self._broken = 0.0, 0
        for packet in self._packets():
            if (cancel is not None and cancel.is_set()) or (not self._got_s and self._broken > _HOPELESS):
                return
            repeats = not packet.size and packet.pts is not None
            for frame in [] if repeats else self._frames(packet):
                if keyframes and not frame.key_frame:
                    continue
                at = clock.time_of(frame)
                self._note_frame(at, frame, clock.length_of(frame))
                yield at, frame
            if (keyframes and packet.pts is not None) or (repeats and not may_jump(self._format)):
                end = float((packet.pts + (packet.duration or 0)) * packet.time_base) - self.origin_s
                self._got_s += self._span_s if self._got_s else 0.0
                self.read_s = max(self.read_s, end)

    def _note_frame(self, at: float, frame: Any, length_s: float) -> None:
        if not self._got_s:
            self._begun_s = at
            if may_jump(self._format):  # recordings begin anywhere: what came before lacks what it builds on
                self._broken = 0
        elif frame.is_corrupt:  # at the beginning it only means that what it builds on was before
            self._broken += 1
        self._got_s += self._span_s
        self.read_s = max(self.read_s, at + length_s)

    def _packets(self) -> Iterator[Any]:
        """The packets from the current position; the last one makes the decoder give the frames that it holds back."""
        packets = read_packets(self.container, self.stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except (av.FFmpegError, ValueError):
                self._broken += 1
                return
            if packet.is_keyframe and packet.has_sidedata("encryption_info"):
                self._is_encrypted = True
                return
            if packet.size or packet.pts is not None or packet.pos is None:  # others would end the decoding
                yield packet

    def _frames(self, packet: Any) -> list[Any]:
        try:
            return list(packet.decode())
        except EOFError:  # asked again after the end
            return []
        except (av.FFmpegError, ValueError):
            self._broken += 1
            return []


def _tail_s(length_s: float) -> float:
    return max(_TAIL_S, 0.02 * length_s)
