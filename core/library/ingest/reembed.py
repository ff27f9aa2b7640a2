"""Embeds a library again with the newest weights of an encoder, beside the vectors that it is searched with."""

from __future__ import annotations

from core.encoders.base import Encoder
from core.library.ingest.run import IngestReport, IngestRun
from core.library.ingest.scan import look_up
from core.library.store import Library
from core.progress import SILENT, Task


def reembed(library: Library, encoder: Encoder, *, task: Task = SILENT) -> IngestReport:
    """Embeds again what has vectors of earlier weights of this encoder only.

    Until all of it is embedded, the library is searched with the earlier vectors, which are then removed. Items keep
    ids, labels and captions; videos are sampled as they were. Files that are gone are marked as missing.

    Parameters
    ----------
    library : Library
        Held by this writer for the whole run.
    encoder : Encoder
        With its newest weights.
    task : Task, optional
        As for `ingest`: the next call continues after a cancelled or killed one, also within a video.

    Returns
    -------
    IngestReport
        In files that are embedded again; nothing where nothing has to be.

    Raises
    ------
    LibraryError
        Another process writes, or the disk is full.
    EncoderError
        The encoder cannot load.
    """
    with library.writing():
        return IngestRun(library, encoder, None, task).run(look_up(library.list_to_reembed(encoder)))
