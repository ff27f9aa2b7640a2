"""One training of a visit: what was asked, what it has learned so far, and the buttons that move it."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import streamlit as st

from core.errors import Cancelled
from core.learn.isolated import IsolatedTraining
from core.learn.maps import Places, compute_map
from core.learn.state import Epoch, TrainingSettings
from core.progress import OnProgress
from ui.jobs.jobs import Job
from ui.jobs.tasks import get_task, start
from ui.learn.source import Source

_KEY = "learn"
_MAX_CACHED = "learn run"


@dataclass(eq=False)
class Run:
    """learning: None until the data are read. map, mapped: the last map that was shown, and of which epoch."""

    source: Source
    settings: TrainingSettings
    learning: IsolatedTraining | None = None
    map: Places | None = None
    mapped: int = -1

    @property
    def training(self) -> IsolatedTraining | None:
        """None until there is something to show."""
        return self.learning if self.learning is not None and self.learning.epochs else None

    @property
    def epochs(self) -> list[Epoch]:
        """What there is by now, the untrained layer first."""
        return list(self.training.epochs) if self.training else []

    def newest_map(self) -> Places:
        """Of the last epoch, turned onto the one that was shown before."""
        assert self.training is not None
        epoch = self.training.epochs[-1]
        if self.map is None or self.mapped != epoch.number:
            self.map, self.mapped = compute_map(epoch.embedding, before=self.map), epoch.number
        return self.map

    def learn(self, epochs: int, report: OnProgress, cancel: threading.Event) -> Run:
        """The work of a job: reads the data if that was not done yet, and learns so many epochs more."""
        if self.learning is None:
            watched = self.source.load(report, cancel)
            if cancel.is_set():
                raise Cancelled("Stopped before it began to learn.")
            self.learning = IsolatedTraining(watched, self.settings)
        for _ in self.learning.run(epochs, on_progress=report, cancel=cancel):
            pass
        return self


def current_run() -> tuple[Run, Job[Run]] | None:
    """The training of this visit and its last job, running or ended; None before the first."""
    run: Run | None = st.session_state.get(_MAX_CACHED)
    task = get_task(_KEY)
    return (run, task.job) if run is not None and task is not None else None


def settings_section() -> tuple[TrainingSettings, int]:
    """How it is to learn, and for how many epochs; not to be changed while it does."""
    current = current_run()
    running = current is not None and current[1].running
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="learn_settings"):
        dim = st.select_slider(
            "Dimensions", (2, 3, 4, 8, 16, 32, 64), 2, key="d", bind="query-params", width=130,
            disabled=running, help="Numbers for each movie. With 2 or 3 you see all of them on the map.",
        )  # fmt: skip
        epochs = st.slider(
            "Epochs",
            1,
            50,
            20,
            key="epochs",
            bind="query-params",
            width=130,
            disabled=running,
            help="Passes through all that was watched.",
        )
        negatives = st.select_slider(
            "Negatives", (0, 5, 10, 20, 50, 100, 200), 0, key="negatives", bind="query-params", width=130,
            disabled=running, format_func=lambda count: str(count) if count else "all movies",
            help="Movies that the next one is told from, drawn by lot each time. All movies: full softmax.",
        )  # fmt: skip
        rate = st.select_slider(
            "Learning rate", (0.001, 0.003, 0.01, 0.03, 0.1), 0.01, key="rate", bind="query-params", width=130,
            disabled=running, help="How far each step goes. Too small: it learns slowly. Too large: it never settles.",
        )  # fmt: skip
        joined = st.pills(
            "Joined to the layer", ("genres", "year"), selection_mode="multi", key="joined", bind="query-params",
            disabled=running,
            help="Gives the layer input nodes for these as well. With genres it is told what it otherwise finds out.",
        )  # fmt: skip
    return TrainingSettings(
        dim=dim, negatives=negatives, rate=rate, genres="genres" in joined, year="year" in joined
    ), epochs  # fmt: skip


def buttons(source: Source | None, settings: TrainingSettings, epochs: int) -> None:
    """Start, stop, continue."""
    current = current_run()
    running = current is not None and current[1].running
    with st.container(horizontal=True, vertical_alignment="center", key="learn_buttons"):
        if running and current is not None:
            st.button("Stop", icon=":material/stop_circle:", on_click=current[1].cancel.set, type="primary")
            return
        begun = current is not None and current[0].training is not None
        st.button(
            "Start anew" if begun else "Start", icon=":material/play_arrow:", disabled=source is None,
            type="secondary" if begun else "primary", on_click=_begin, args=(source, settings, epochs),
        )  # fmt: skip
        if current is None or not begun:
            return
        st.button(
            f"Continue for {epochs}", icon=":material/resume:", type="primary", on_click=_go_on,
            args=(current[0], epochs),
        )  # fmt: skip
        if source is None or source.key != current[0].source.key or settings != current[0].settings:
            st.caption("What is shown was learned with other settings. Start anew to use these.")


def _begin(source: Source, settings: TrainingSettings, epochs: int) -> None:
    _go_on(Run(source, settings), epochs)


def _go_on(run: Run, epochs: int) -> None:
    st.session_state[_MAX_CACHED] = run
    start(_KEY, "Learning", lambda report, cancel: run.learn(epochs, report, cancel))
