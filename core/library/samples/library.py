"""Builds the sample library: photos from installed packages, and reels rendered from them. Needs no network."""

from __future__ import annotations

import shutil
from pathlib import Path

from core.deprecated import task_keywords
from core.encoders.base import Encoder
from core.errors import LibraryError
from core.library.ingest.run import IngestReport, ingest
from core.library.registry import libraries_folder
from core.library.samples.sources import sample_sources
from core.library.store import Library
from core.progress import SILENT, Task
from core.utils.extras import require

SAMPLE_NAME = "Sample photos"
SAMPLE_QUERIES = ("a cat", "a cup of coffee", "a rocket launch", "a man with a camera", "a motorcycle", "handwriting")
"""What people may ask first: each has its picture among the first two."""


def sample_path() -> Path:
    """Directory of the sample library, whether or not it exists.

    Returns
    -------
    Path
    """
    return libraries_folder() / SAMPLE_NAME


@task_keywords
def build_sample(encoder: Encoder, *, task: Task = SILENT) -> IngestReport:
    """Builds or updates the sample library. Quick if nothing is missing; the reels are rendered once.

    Parameters
    ----------
    encoder : Encoder
    task : Task, optional

    Returns
    -------
    IngestReport

    Raises
    ------
    LibraryError
        A package with the photos is not installed.
    """
    require("samples", "The sample photos", LibraryError)
    sources = sample_sources()
    library = Library(sample_path(), create=True)
    photos = library.path / "photos"
    photos.mkdir(exist_ok=True)
    for name, source in sources.items():
        if not (photos / name).exists():
            shutil.copy2(source, photos / f".{name}")  # hidden until complete
            (photos / f".{name}").replace(photos / name)
    from core.library.samples.reels import render_reels  # loads the video encoder, which takes a while

    clips = library.path / "clips"
    render_reels(clips, task=task)
    return ingest(library, encoder, [photos, clips], task=task)
