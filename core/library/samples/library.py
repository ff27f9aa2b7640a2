"""Builds the sample library: photos of installed packages, reels rendered from them, and texts. Needs no network."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from core.deprecated import task_keywords
from core.encoders.base import Encoder
from core.errors import LibraryError
from core.library.ingest.run import IngestReport, ingest
from core.library.registry import libraries_folder
from core.library.samples.sources import sample_kinds, sample_sources, sort_by_appeal
from core.library.schema import Label
from core.library.store import Library
from core.progress import SILENT, Task
from core.utils.extras import require

SAMPLE_NAME = "Sample photos"
SAMPLE_TASK = "kind of photo"  # of the labels that it comes with
_TEXTS = Path(__file__).parent / "texts"  # about what the photos show
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
    is_new = not len(library.items())
    photos, texts = library.path / "photos", library.path / "texts"
    _copy_missing(sources, photos)
    _copy_missing({path.name: path for path in sorted(_TEXTS.glob("*.md"))}, texts)
    from core.library.samples.reels import render_reels  # loads the video encoder, which takes a while

    clips = library.path / "clips"
    render_reels(clips, task=task)
    if is_new:
        _date_by_appeal(path for folder in (photos, clips, texts) for path in folder.iterdir())
    report = ingest(library, encoder, [photos, clips, texts], texts=True, task=task)
    _put_labels(library)
    return report


def _copy_missing(sources: Mapping[str, Path], folder: Path) -> None:
    """Copies the files that a folder lacks. sources: by their name in it."""
    folder.mkdir(exist_ok=True)
    for name, source in sources.items():
        if not (folder / name).exists():
            shutil.copy2(source, folder / f".{name}")  # hidden until complete
            (folder / f".{name}").replace(folder / name)


def _date_by_appeal(paths: Iterable[Path]) -> None:
    """Makes what attracts most the newest, second by second. Those of a library that is there keep their dates."""
    now = time.time()
    for place, path in enumerate(sort_by_appeal(paths)):
        os.utime(path, (now - place, now - place))


def _put_labels(library: Library) -> None:
    """Labels the kinds of the photos, unless this was done before: what somebody has changed since stays."""
    kinds = sample_kinds()
    named = {Path(row["path"]).name: row["id"] for row in library.items().select(["id", "path"]).to_pylist()}
    new = [Label(named[name], SAMPLE_TASK, kind, "person") for name, kind in kinds.items() if name in named]
    if new and not library.labels(SAMPLE_TASK):
        library.put_labels(new)
