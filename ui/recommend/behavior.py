"""Learns from what others did: from an uploaded log, from likes that this app logged, or from simulated visitors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import streamlit as st

from core import Encoder, Library
from core.errors import DataError
from core.policy import get_policy
from core.progress import Task
from core.recommend.click_log import forget_clicks, load_clicks, store_click
from core.recommend.log_reader import read_log
from core.recommend.model import RecommendModel, learn_from_log
from core.recommend.simulated import simulate_log
from ui.button import pressed
from ui.errors import boundary
from ui.jobs.tasks import get_task, start, stop
from ui.jobs.work import get_result
from ui.recommend.session import get_visit
from ui.session.libraries import may_change
from ui.text import TABLE_TYPES, counted, file_limit, plain

_KEY = "recommend learning"
_WAYS = ("a log", "likes in this app")
_UNKNOWN = 200  # listed names
_LOG_LINES = """from pathlib import Path
from core.recommend.model import learn_from_log
from core.recommend.log_reader import read_log

learned = learn_from_log(library, encoder, read_log(Path({name!r})))
"""
_SIMULATED_LINES = """from core.recommend import simulate_log
from core.recommend.model import learn_from_log

learned = learn_from_log(library, encoder, simulate_log(library.index(encoder)))
"""
_CLICK_LINES = """from core.recommend.click_log import load_clicks
from core.recommend.model import learn_from_log

learned = learn_from_log(library, encoder, load_clicks(library))
"""


@dataclass(frozen=True, slots=True)
class _Source:
    """A log file by its name and content, or without a name the app's own clicks or simulated visitors."""

    name: str = ""
    data: bytes = b""
    is_simulated: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class _TrainedModel:
    model: RecommendModel
    source: _Source


def get_model(library: Library, encoder: Encoder) -> RecommendModel | None:
    """The model learned for this library and encoder; None if there is none."""
    trained = _get_model(library, encoder)
    return trained.model if trained is not None else None


def log_lines(library: Library, encoder: Encoder) -> str:
    """The lines of Python that learn the same model; empty if there is none."""
    trained = _get_model(library, encoder)
    if trained is None:
        return ""
    if trained.source.is_simulated:
        return _SIMULATED_LINES
    return _LOG_LINES.format(name=trained.source.name) if trained.source.name else _CLICK_LINES


def behavior_section(library: Library, encoder: Encoder) -> str | None:
    """The whole part; returns its lines of Python."""
    st.markdown(
        "Learn from a log of who used which item, and when.",
        help="People who like the same things choose the same things next, whatever these look like. The slider "
        "“Content ↔ what others did” of the feed then uses what was learned.",
    )
    ways = _WAYS if may_change(library) else _WAYS[:1]  # likes are logged in the library, which others share
    way = st.segmented_control("Learn from", ways, default=ways[0], required=True, key="log_way", bind="query-params")
    source = _log_file() if way == _WAYS[0] else _own_clicks(library)
    about = _about(library, encoder)
    task = get_task(_KEY, about=about)
    running = task is not None and task.job.running
    label = "Learn"
    if source is None and way == _WAYS[0]:
        label, source = "Learn from simulated visitors", _Source(is_simulated=True)
        st.caption("No log at hand? Simulated visitors like similar items, and share fancies that no picture shows.")
    blocked = source is None or running
    if pressed(label, key="learn_log", type="primary", icon=":material/school:", disabled=blocked):
        assert source is not None
        start(_KEY, "Learning", partial(_learn, library, encoder, source), about=about, state=library.index(encoder))
        st.rerun()
    if task is None:
        return None
    if task.job.cancel.is_set() and not running:
        st.caption("Stopped: nothing was learned.")
        return None
    trained = get_result(task.job)
    if not isinstance(trained, _TrainedModel):
        return None
    _show_model(trained)
    return f"\n{log_lines(library, encoder)}\n{_SHOW_LINES}"


_SHOW_LINES = """print(len(learned.log), "interactions,", len(learned.unknown), "items of the log are not here")
scores = learned.scores([])  # without likes: what is popular
print(sorted(scores, key=scores.get, reverse=True)[:10])
"""


def _about(library: Library, encoder: Encoder) -> tuple[Path, str]:
    return library.path, encoder.id


def _get_model(library: Library, encoder: Encoder) -> _TrainedModel | None:
    task = get_task(_KEY, about=_about(library, encoder))
    report = task.job.report if task is not None and not task.job.cancel.is_set() else None
    return report if isinstance(report, _TrainedModel) else None


def _log_file() -> _Source | None:
    file = st.file_uploader(
        "Log (CSV or Parquet)", type=TABLE_TYPES, key="log_file", max_upload_size=file_limit(500),
        help="Columns user and item, optionally time and weight. An item is named by its path, the end of its path, or "
        "its id. MovieLens ratings work as they are.",
    )  # fmt: skip
    return _Source(file.name, file.getvalue()) if file is not None else None


def _own_clicks(library: Library) -> _Source | None:
    visit, clicks = get_visit(library), load_clicks(library)
    st.toggle(
        "Log my likes", value=visit.keeps, key="keep_clicks", on_change=_store_log, args=(library,),
        help="Each like of the feed is added to the file clicks.jsonl in the library folder, under a random name for "
        "this visit. Nothing leaves this computer. An undone like is undone there too.",
    )  # fmt: skip
    if clicks is None:
        st.caption("No likes are logged yet." + ("" if visit.keeps else " Switch this on, and like something."))
        return None
    with st.container(horizontal=True, vertical_alignment="center", key="kept_clicks"):
        st.markdown(f"**{counted(len(clicks), 'like')}** of {counted(len(clicks.user_names), 'visit')} logged.")
        st.button("Delete log", icon=":material/delete:", on_click=_forget, args=(library,), type="tertiary")
    return _Source()


def _store_log(library: Library) -> None:
    """Log likes from now on, and those of this session so far."""
    visit = get_visit(library)
    visit.keeps = bool(st.session_state["keep_clicks"])
    if visit.keeps:
        with boundary():
            clicks = load_clicks(library)
            logged = set() if clicks is None else {clicks.item_names[n] for n in clicks.items}
            for item_id in visit.feedback.liked:
                if item_id not in logged or clicks is None or visit.name not in clicks.user_names:
                    store_click(library, visit.name, item_id)


def _forget(library: Library) -> None:
    with boundary():
        forget_clicks(library)


def _learn(library: Library, encoder: Encoder, source: _Source, task: Task) -> _TrainedModel:
    if source.is_simulated:
        log = simulate_log(library.index(encoder))
    elif source.name:
        log = read_log(source.data, name=source.name, limits=get_policy())
    else:
        clicks = load_clicks(library)
        if clicks is None:
            raise DataError("This library has no logged likes any more.")
        log = clicks
    model = learn_from_log(library, encoder, log, task=task)
    if source.name and len(log) and not len(model.log):
        raise DataError("Not one item of the log is in this library: the column item has paths, file names or ids.")
    return _TrainedModel(model, source)


def _show_model(trained: _TrainedModel) -> None:
    learned = trained.model
    log = learned.log
    warm = int(learned.hybrid.behavior.warm.sum())
    cold = len(log.item_names) - warm
    with st.container(horizontal=True, key="learned_numbers"):
        st.metric("Interactions", f"{len(log):,}")
        st.metric("People", f"{len(log.user_names):,}", help="Or visits: the distinct values of the column user.")
        st.metric(
            "Items with interactions", f"{warm:,} of {len(log.item_names):,}", help="Of the library's searchable items."
        )
        st.metric("Not in the library", f"{len(learned.unknown):,}", help="Items of the log; their rows are skipped.")
    new = f" What people would think of the {cold:,} items without interactions is predicted from what they show."
    of = "simulated visitors" if trained.source.is_simulated else plain(trained.source.name) or "the logged likes"
    st.markdown(f"Learned from **{of}**.{new if cold else ''}")
    if learned.unknown:
        with st.expander(f"{counted(len(learned.unknown), 'item')} of the log not in this library"):
            st.dataframe([{"item": name} for name in learned.unknown[:_UNKNOWN]], hide_index=True, key="unknown_items")
            if len(learned.unknown) > _UNKNOWN:
                st.caption(f"The first {_UNKNOWN}.")
    with st.container(horizontal=True, key="learned_next"):
        st.button("Go to the feed", icon=":material/arrow_forward:", on_click=_to_feed)
        st.button("Discard the model", icon=":material/close:", on_click=stop, args=(_KEY,), type="tertiary")


def _to_feed() -> None:
    st.session_state["part"] = "feed"
