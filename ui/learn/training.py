"""The training of a visit: its settings, its state, and the buttons that control it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.learn.isolated import IsolatedTraining
from core.learn.maps import Places, compute_map
from core.learn.state import Epoch, TrainingSettings
from core.progress import Task
from ui.jobs.jobs import Job
from ui.jobs.tasks import get_task, start
from ui.learn.source import Choice, Subject
from ui.session.state import get_state

_KEY = "learn"
_DIMENSIONS: dict[Subject, dict[str, Any]] = {"movies": {"value": 2, "key": "d"}, "words": {"value": 32, "key": "dw"}}


@dataclass(eq=False)
class Run:
    """learning: None until the data are read. map, mapped: the last map that was shown, and its epoch."""

    choice: Choice
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
        """The epochs so far, the untrained layer first."""
        return list(self.training.epochs) if self.training else []

    def newest_map(self) -> Places:
        """The map of the last epoch, aligned with the previous one."""
        assert self.training is not None
        epoch = self.training.epochs[-1]
        if self.map is None or self.mapped != epoch.number:
            self.map, self.mapped = compute_map(epoch.embedding, before=self.map), epoch.number
        return self.map

    def learn(self, epochs: int, task: Task) -> Run:
        """The work of a job: reads the data if needed, and trains for some more epochs."""
        if self.learning is None:
            source = self.choice.load(task)
            task.check("Stopped before the training started.")
            self.learning = IsolatedTraining(source, self.settings)
        for _ in self.learning.run(epochs, task=task):
            pass
        return self


@dataclass(slots=True)
class LearnState:
    """run: the training of this visit; None before the first."""

    run: Run | None = None


def current_run() -> tuple[Run, Job[Run]] | None:
    """The training of this visit and its last job, running or ended; None before the first."""
    run = get_state(LearnState).run
    task = get_task(_KEY)
    return (run, task.job) if run is not None and task is not None else None


def settings_section(subject: Subject) -> tuple[TrainingSettings, int]:
    """The settings and the number of epochs; fixed while the training runs."""
    current = current_run()
    running = current is not None and current[1].running
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="learn_settings"):
        dim = st.select_slider(
            "Dimensions", (2, 3, 4, 8, 16, 32, 64), **_DIMENSIONS[subject], bind="query-params", width=150,
            disabled=running, help="Numbers per item. With 2 or 3, the map shows all of them.",
        )  # fmt: skip
        epochs = st.slider(
            "Epochs",
            1,
            50,
            20,
            key="epochs",
            bind="query-params",
            width=150,
            disabled=running,
            help="Passes over the training data.",
        )
        negatives = st.select_slider(
            "Negatives", (0, 5, 10, 20, 50, 100, 200), 0, key="negatives", bind="query-params", width=150,
            disabled=running, format_func=lambda count: str(count) if count else f"all {subject}",
            help="Random others that the right one is compared with in each step. All: full softmax.",
        )  # fmt: skip
        rate = st.select_slider(
            "Learning rate", (0.001, 0.003, 0.01, 0.03, 0.1), 0.01, key="rate", bind="query-params", width=150,
            disabled=running, help="Size of each step. Too small: slow. Too large: it does not converge.",
        )  # fmt: skip
        joined = _extra_inputs(running) if subject == "movies" else []
    return TrainingSettings(
        dim=dim, negatives=negatives, rate=rate, genres="genres" in joined, year="year" in joined
    ), epochs  # fmt: skip


def _extra_inputs(running: bool) -> list[str]:
    return st.pills(
        "Extra inputs", ("genres", "year"), selection_mode="multi", key="joined", bind="query-params",
        disabled=running,
        help="Adds input nodes for these. With genres, the layer gets what it otherwise has to discover.",
    )  # fmt: skip


def buttons(choice: Choice | None, settings: TrainingSettings, epochs: int) -> None:
    """Start, stop, continue."""
    current = current_run()
    running = current is not None and current[1].running
    with st.container(horizontal=True, vertical_alignment="center", key="learn_buttons"):
        if running and current is not None:
            st.button("Stop", icon=":material/stop_circle:", on_click=current[1].cancel.set, type="primary")
            return
        begun = current is not None and current[0].training is not None
        st.button(
            "Restart" if begun else "Start", icon=":material/play_arrow:", disabled=choice is None,
            type="secondary" if begun else "primary", on_click=_begin, args=(choice, settings, epochs),
        )  # fmt: skip
        if current is None or not begun:
            return
        st.button(
            f"Continue for {epochs}", icon=":material/resume:", type="primary", on_click=_go_on,
            args=(current[0], epochs),
        )  # fmt: skip
        if choice is None or choice.key != current[0].choice.key or settings != current[0].settings:
            st.caption("These results have other settings. Restart to use the new ones.")


def _begin(choice: Choice, settings: TrainingSettings, epochs: int) -> None:
    _go_on(Run(choice, settings), epochs)


def _go_on(run: Run, epochs: int) -> None:
    get_state(LearnState).run = run
    start(_KEY, "Training", lambda task: run.learn(epochs, task))
