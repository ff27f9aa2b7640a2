"""What others did: a log that a visitor gives, or likes kept by this app, learned from beside the page."""

from __future__ import annotations

import tempfile
import threading
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import streamlit as st

from core import Encoder, Library
from core.errors import DataError
from core.progress import OnProgress
from core.recommend.click_log import forget_clicks, load_clicks, store_click
from core.recommend.log_reader import read_log
from core.recommend.model import RecommendModel, learn_from_log
from ui.button import pressed
from ui.errors import boundary
from ui.jobs.tasks import get_task, start, stop
from ui.jobs.work import get_result
from ui.recommend.session import get_visit
from ui.session.libraries import may_change
from ui.text import counted, file_limit, plain

_KEY = "recommend learning"
_WAYS = ("a log", "likes in this app")
_UNKNOWN = 200  # names that are listed
_LOG_LINES = """from pathlib import Path
from core.recommend.model import learn_from_log
from core.recommend.log_reader import read_log

learned = learn_from_log(library, encoder, read_log(Path({name!r})))
"""
_CLICK_LINES = """from core.recommend.click_log import load_clicks
from core.recommend.model import learn_from_log

learned = learn_from_log(library, encoder, load_clicks(library))
"""


@dataclass(frozen=True, slots=True)
class _Source:
    """A log file by its name and content, or the app's own clicks (no name)."""

    name: str = ""
    data: bytes = b""


@dataclass(frozen=True, eq=False, slots=True)
class _TrainedModel:
    model: RecommendModel
    name: str


def get_model(library: Library, encoder: Encoder) -> RecommendModel | None:
    """What was learned of others for this library and encoder; None while nothing was."""
    taught = _get_model(library, encoder)
    return taught.model if taught is not None else None


def log_lines(library: Library, encoder: Encoder) -> str:
    """The lines of Python that learn the same; empty where nothing was learned."""
    taught = _get_model(library, encoder)
    if taught is None:
        return ""
    return _LOG_LINES.format(name=taught.name) if taught.name else _CLICK_LINES


def behavior_section(library: Library, encoder: Encoder) -> str | None:
    """The whole part; returns its lines of Python."""
    st.markdown(
        "People who like the same things go on to the same things, whatever these look like. Give a log of who had to "
        "do with which item, and when; what is learned from it becomes live on the slider “Content ↔ what others did” "
        "of the feed."
    )
    ways = _WAYS if may_change(library) else _WAYS[:1]  # likes are kept in the library, which others share
    way = st.segmented_control("Learn from", ways, default=ways[0], required=True, key="log_way", bind="query-params")
    source = _log_file() if way == _WAYS[0] else _own_clicks(library)
    about = _about(library, encoder)
    task = get_task(_KEY, about=about)
    running = task is not None and task.job.running
    unfit = source is None or running
    if pressed("Learn from it", key="learn_log", type="primary", icon=":material/school:", disabled=unfit):
        assert source is not None
        start(_KEY, "Learning", partial(_learn, library, encoder, source), about=about, state=library.index(encoder))
        st.rerun()
    if task is None:
        return None
    if task.job.cancel.is_set() and not running:
        st.caption("Stopped: nothing was learned.")
        return None
    taught = get_result(task.job)
    if not isinstance(taught, _TrainedModel):
        return None
    _show_model(taught)
    return f"\n{log_lines(library, encoder)}\n{_SHOW_LINES}"


_SHOW_LINES = """print(len(learned.log), "interactions,", len(learned.unknown), "items of the log are not here")
scores = learned.scores([])  # of nobody in particular: what is popular
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
        "A log (CSV or Parquet)", type=["csv", "parquet", "pq"], key="log_file", max_upload_size=file_limit(500),
        help="Columns user and item, and, if there, time and weight. An item is named by its path, the end of its "
        "path, or its id. The ratings of MovieLens are read as they are.",
    )  # fmt: skip
    return _Source(file.name, file.getvalue()) if file is not None else None


def _own_clicks(library: Library) -> _Source | None:
    visit, cached = get_visit(library), load_clicks(library)
    st.toggle(
        "Keep what I like here", value=visit.keeps, key="keep_clicks", on_change=_store_log, args=(library,),
        help="Each like of the feed becomes a line of the file clicks.jsonl in the library's folder, under a random "
        "name for this visit. Nothing leaves this computer. A like that is taken back is taken back there too.",
    )  # fmt: skip
    if cached is None:
        st.caption("No likes are kept yet." + ("" if visit.keeps else " Switch this on, and like something."))
        return None
    with st.container(horizontal=True, vertical_alignment="center", key="kept_clicks"):
        st.markdown(f"**{counted(len(cached), 'like')}** of {counted(len(cached.user_names), 'visit')} kept.")
        st.button("Forget them", icon=":material/delete:", on_click=_forget, args=(library,), type="tertiary")
    return _Source()


def _store_log(library: Library) -> None:
    """From now on, and what was liked so far in this visit."""
    visit = get_visit(library)
    visit.keeps = bool(st.session_state["keep_clicks"])
    if visit.keeps:
        with boundary():
            cached = load_clicks(library)
            there = set() if cached is None else {cached.item_names[n] for n in cached.items}
            for item_id in visit.feedback.liked:
                if item_id not in there or cached is None or visit.name not in cached.user_names:
                    store_click(library, visit.name, item_id)


def _forget(library: Library) -> None:
    with boundary():
        forget_clicks(library)


def _learn(
    library: Library, encoder: Encoder, source: _Source, report: OnProgress, cancel: threading.Event
) -> _TrainedModel:
    if source.name:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"log{Path(source.name).suffix.lower()}"
            path.write_bytes(source.data)
            try:
                log = read_log(path)
            except DataError as error:  # it knows the file by another name
                raise DataError(str(error).replace(str(path), source.name)) from error
    else:
        cached = load_clicks(library)
        if cached is None:
            raise DataError("No likes are kept for this library any more.")
        log = cached
    return _TrainedModel(learn_from_log(library, encoder, log, on_progress=report, cancel=cancel), source.name)


def _show_model(taught: _TrainedModel) -> None:
    learned = taught.model
    log = learned.log
    warm = int(learned.hybrid.behavior.warm.sum())
    cold = len(log.item_names) - warm
    with st.container(horizontal=True, key="learned_numbers"):
        st.metric("Interactions", f"{len(log):,}")
        st.metric("People", f"{len(log.user_names):,}", help="Or visits: whatever stands in the column user.")
        st.metric(
            "Items with a past", f"{warm:,} of {len(log.item_names):,}", help="Of the library's searchable items."
        )
        st.metric("Not in the library", f"{len(learned.unknown):,}", help="Items of the log; their rows were left out.")
    new = (
        f" The {cold:,} items that nobody in it had to do with are not lost: what people would think of them is "
        "predicted from what they show."
    )
    st.markdown(f"Learned from **{plain(taught.name) or 'the likes kept here'}**.{new if cold else ''}")
    if learned.unknown:
        with st.expander(f"{counted(len(learned.unknown), 'item')} of the log not in this library"):
            st.dataframe([{"item": name} for name in learned.unknown[:_UNKNOWN]], hide_index=True, key="unknown_items")
            if len(learned.unknown) > _UNKNOWN:
                st.caption(f"The first {_UNKNOWN}.")
    with st.container(horizontal=True, key="learned_next"):
        st.button("To the feed", icon=":material/arrow_forward:", on_click=_to_feed)
        st.button("Forget what was learned", icon=":material/close:", on_click=stop, args=(_KEY,), type="tertiary")


def _to_feed() -> None:
    st.session_state["part"] = "feed"
