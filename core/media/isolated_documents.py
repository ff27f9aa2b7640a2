"""Documents read in child processes, within limits of memory and time; see `core.media.isolated`.

A broken or hostile document costs one file a reason, and affects nothing else.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image

from core.isolation.calls import CallFailed, Limits
from core.isolation.process import NoReply, ProcessEnded
from core.media.decode_pool import MAX_MEMORY, decode, start_decoding, to_image
from core.media.modality import Damaged, Part
from core.utils.files import to_absolute

MORE_MEMORY = 1536 * 2**20  # bytes that a document may take on top of the process
_SILENT_S = 120.0
_WORK_S = 600.0  # of the processor's time: the longest document takes a tenth of it
_LOOK_S = 60.0  # for a picture or a passage, which somebody waits for


class IsolatedDocument:
    """A document read in a child process: its `parts()`, once. `share`: how much of it has been read, 0 to 1.

    Parameters
    ----------
    source : path or bytes
        A file, or its content.

    Raises
    ------
    MediaError
        The document cannot be read, holds no text, or takes too much memory or time before its first passages.
    """

    def __init__(self, source: Path | bytes) -> None:
        limits = Limits(_SILENT_S, _WORK_S, MAX_MEMORY, MORE_MEMORY)
        self._call, self._first = start_decoding("decode_document", *_describe(source), limits=limits)
        self.share = 0.0

    def close(self) -> None:
        """Ends the reading."""
        self._call.finish()

    def parts(self, *, cancel: threading.Event | None = None) -> Iterator[Part]:
        """The passages in order. Ends early at `cancel`; raises Damaged at the end if some text is missing."""
        batch: tuple[float, Sequence[Part]] | None = self._first
        while batch is not None:
            self.share, parts = batch
            yield from parts
            batch = self._receive(cancel)

    def _receive(self, cancel: threading.Event | None) -> tuple[float, Sequence[Part]] | None:
        """The next batch; None at the end, and if cancelled. Raises Damaged."""
        try:
            message = self._call.receive(cancel)
        except (NoReply, ProcessEnded, CallFailed) as error:
            why = f"Only {self.share:.0%} of it could be read; reading broke down there, or took too long"
            raise Damaged(f"{why}: split the file, or save it again.") from error
        if message is None:
            return None
        kind, value = message
        if kind == "gave":
            return value  # type: ignore[no-any-return]
        if value:
            raise Damaged(value)
        return None


def draw_document(source: Path | bytes, places: Sequence[float | None], min_side: int) -> list[Image.Image]:
    """A picture of a document for each place. Raises MediaError."""
    arguments = *_describe(source), tuple(places), min_side
    drawn = decode("draw_document", *arguments, silent_s=_LOOK_S, work_s=_LOOK_S, more_memory=MORE_MEMORY)
    return [to_image(pixels) for pixels in drawn]


def read_document(source: Path | bytes, place: float | None) -> str:
    """The passage at a place, in its context. Raises MediaError."""
    arguments = *_describe(source), place
    return str(decode("read_document", *arguments, silent_s=_LOOK_S, work_s=_LOOK_S, more_memory=MORE_MEMORY))


def _describe(source: Path | bytes) -> tuple[str | bytes, str]:
    """The source as it is sent, and the ending of its name."""
    return (source, "") if isinstance(source, bytes) else (str(to_absolute(source)), source.suffix.lower())
