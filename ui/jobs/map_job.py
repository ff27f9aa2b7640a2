"""The map of a library, laid out in the background once its files are indexed, so that Explore opens with it."""

from __future__ import annotations

from core import Encoder, Library
from core.explore.atlas import AtlasRequest, count_points, prepare_atlas
from core.progress import Task
from ui.jobs.jobs import Job
from ui.jobs.work import get_result
from ui.server.state import once
from ui.session.libraries import is_session_library

_WORTH = 100  # points; fewer are laid out in moments when Explore is opened


@once
def _jobs() -> dict[str, Job[None]]:
    return {}


def start_map_job(library: Library, encoder: Encoder) -> None:
    """Starts laying out the map that Explore shows first. Searching goes on meanwhile. For the threads of jobs."""
    if count_points(library, encoder, AtlasRequest()) < _WORTH:
        return

    def work(task: Task) -> None:
        prepare_atlas(library, encoder, in_subprocess=True, task=task)

    stop_map_job(library)
    job = _jobs()[str(library.path)] = Job("Laying out the map")
    job.begin(work, lasting=not is_session_library(library))


def stop_map_job(library: Library) -> None:
    """Stops laying out the map of a library, as when it changes."""
    if (job := _jobs().pop(str(library.path), None)) is not None:
        job.cancel.set()


def map_job_panel(library: Library) -> bool:
    """The progress of the library's map with a stop button while it is laid out; returns whether it is."""
    job = _jobs().get(str(library.path))
    if job is None or not job.running or job.cancel.is_set():
        return False
    get_result(job)
    return True
