"""Indexing files into a library in the background; then its map is laid out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core import Encoder, IngestReport, Library, ingest
from core.media.sampling import Sampling
from core.progress import Task
from ui.jobs.jobs import start_job
from ui.jobs.map_job import start_map_job, stop_map_job


def start_ingest(
    library: Library,
    encoder: Encoder,
    title: str,
    paths: Sequence[Path | str],
    sampling: Sampling | None = None,
    *,
    texts: bool | None = None,
) -> None:
    """Starts indexing these paths into a library, so that it can be stopped. sampling: of the videos. texts: whether
    texts are read, as of `ingest`."""

    def work(task: Task) -> IngestReport:
        stop_map_job(library)
        report = ingest(library, encoder, paths, sampling, texts=texts, task=task)
        if not report.cancelled:
            start_map_job(library, encoder)
        return report

    start_job(library, title, work)
