"""Uploaded pictures and clips of a query: embedded in turn with the heavy work of others, and only once."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core import Encoder, Term
from core.progress import Task
from core.search.query_clips import get_clip_track, get_picture_vector, is_embedded
from ui.jobs.tasks import get_task, start
from ui.jobs.work import get_result
from ui.session.encoders import load_encoder
from ui.session.queue import QUEUE
from ui.session.visit import get_visit

_KEY = "read upload"


def embed_uploads(encoder: Encoder, terms: Sequence[Term]) -> None:
    """Returns once all uploads among the terms are embedded; until then the page ends here, with progress or the error.

    A file may say that it is short and hold hours: the job can be stopped, has a time limit, and ends with the visit.
    """
    for term in terms:
        if isinstance(term.value, bytes) and not is_embedded(encoder, term.value):
            load_encoder(encoder)
            _wait_for(encoder, term, term.value)


def _wait_for(encoder: Encoder, term: Term, data: bytes) -> None:
    about = encoder.id, term.kind, hash(data)
    task = get_task(_KEY, about=about)
    if task is None or task.job.report:  # embedded once, and dropped from the cache since
        other = QUEUE.in_the_way(get_visit().id)
        if other is not None and (task is None or other is not task.job.ticket):
            st.info(f"Your {term.kind} is read once your other job has ended ({other.title}).")
            st.stop()

        def work(task: Task) -> bool:
            if term.kind == "clip":
                get_clip_track(encoder, data, task=task)
            else:
                get_picture_vector(encoder, data)
            return True

        start(_KEY, f"Reading your {'clip' if term.kind == 'clip' else 'picture'}", work, about=about)
        task = get_task(_KEY, about=about)
    if task is None or not get_result(task.job):
        st.stop()
