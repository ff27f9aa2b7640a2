"""Data sets of the Hugging Face hub, or local ones in its formats, into a library: looked at first, then taken in."""

from __future__ import annotations

import threading
from dataclasses import asdict

import streamlit as st

from core import Encoder, IngestReport, Library
from core.policy import get_policy
from core.progress import OnProgress
from core.share.hf_datasets.columns import Columns, choose_columns, possible_columns
from core.share.hf_datasets.ingest import DatasetReport, OpenedDataset, index_dataset, open_dataset
from ui.button import pressed
from ui.jobs.jobs import Work, get_job, is_busy, start_job
from ui.jobs.tasks import get_task, start, stop
from ui.jobs.work import get_result
from ui.session.encoders import load_encoder
from ui.text import counted, file_table, plain
from ui.widgets.code_block import in_python, opening

_KEY = "open_dataset"
_FIRST = 1_000  # rows, unless somebody says otherwise: a data set of the hub may have millions
_NONE = "(none)"


def add_dataset(library: Library, encoder: Encoder) -> None:
    """A data set by its name: what is in it, which columns are taken over, and the start. Not for the public."""
    if not (get_policy().may_see_paths and get_policy().may_load_models):
        return
    with st.form("dataset", border=False):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            about = (
                "owner/name as on huggingface.co/datasets (owner/name:configuration chooses one), or a folder here: of "
                "pictures in folders of classes, or of Parquet files."
            )
            name = st.text_input("Data set", key="dataset_name", placeholder="owner/name or ~/my-set", help=about)
            about = "Empty: train, or else the first that there is."
            split = st.text_input("Split", key="dataset_split", placeholder="train", width=160, help=about)
        request = st.form_submit_button("Look what is in it", disabled=is_busy(library))
    st.caption(
        "Pictures are copied into the library; names of classes become labels, captions come along. A data set of the "
        "hub is downloaded as far as it is needed; no code of it is run."
    )
    place = (str(library.path), (name or "").strip(), (split or "").strip())
    if request and not place[1]:
        st.info("Type the name of a data set, or the path of a folder.", icon=":material/dataset:")
    elif request:
        start(_KEY, "Opening the data set", _opening(*place[1:]), about=place)
    task = get_task(_KEY, about=place)
    opened = get_result(task.job) if task and not (task.job.cancel.is_set() and not task.job.running) else None
    if opened is not None:
        _plan(library, encoder, opened)


def dataset_report(library: Library) -> None:
    """What came with the pictures of the last one, below the report of its job until that is closed."""
    if get_job(library) is None:
        st.session_state.pop(_report_place(library), None)
    for report in st.session_state.get(_report_place(library), []):
        st.success(
            f"{plain(report.name)}: {counted(report.pictures, 'picture')} of {counted(report.rows, 'row')}, with "
            f"{counted(report.labels, 'label')} and {counted(report.captions, 'caption')}.",
            icon=":material/dataset:",
        )
        if report.refused:
            st.markdown(f"{counted(len(report.refused), 'row')} not taken:")
            file_table(report.refused, key="dataset_refused")


def _opening(name: str, split: str) -> Work[OpenedDataset]:
    def work(report: OnProgress, cancel: threading.Event) -> OpenedDataset:
        opened = open_dataset(name, split or None)
        choose_columns(opened.rows, Columns())  # one without pictures is told here
        return opened

    return work


def _plan(library: Library, encoder: Encoder, opened: OpenedDataset) -> None:
    with st.container(border=True, key="dataset_plan"):
        rows = "" if opened.count is None else f": {counted(opened.count, 'row')}"
        st.markdown(f"**{plain(opened.name)}**, split {plain(opened.split)}{rows}")
        rest = ", ".join(plain(split) for split in opened.splits if split != opened.split)
        if rest:
            st.caption(f"There is also {rest}.")
        of = f"{opened.name} {opened.split}"  # each has settings of its own
        columns = _columns(opened, of)
        many = opened.count is None or opened.count > _FIRST
        about = "The first rows; empty: all of them. Rows are read one by one, so that few are had quickly."
        limit = st.number_input(
            "At most so many rows",
            min_value=1,
            value=_FIRST if many else None,
            placeholder="all",
            key=f"dataset_limit {of}",
            help=about,
            width=240,
        )
        with st.container(horizontal=True):
            icon = ":material/play_arrow:"
            begin = pressed("Start", key="dataset_start", type="primary", icon=icon, disabled=is_busy(library))
            left = pressed("Not this one", key="dataset_leave")
        in_python(_lines(library, encoder, opened, columns, limit))
    if begin:
        _begin(library, encoder, opened, columns, limit)
    if begin or left:
        stop(_KEY)
        st.rerun()


def _columns(opened: OpenedDataset, of: str) -> Columns:
    """Which columns are taken over: those that names and types tell, unless the visitor says otherwise."""
    predictions = choose_columns(opened.rows, Columns())
    pictures, texts, labels = possible_columns(opened.rows)
    with st.container(horizontal=True):
        image = st.selectbox(
            "Pictures from", pictures, pictures.index(predictions.image or ""), key=f"dataset_image {of}", width=200
        )
        names = [_NONE, *texts]
        place = names.index(predictions.captions) if predictions.captions else 0
        captions = st.selectbox("Captions from", names, place, key=f"dataset_captions {of}", width=200)
        chosen = st.multiselect(
            "Labels from",
            labels,
            list(predictions.labels or ()),
            key=f"dataset_labels {of}",
            placeholder="none",
            width=260,
            help="Each column is a task of labels of its own.",
        )
    return Columns(image, "" if captions == _NONE else captions, tuple(chosen))


def _begin(library: Library, encoder: Encoder, opened: OpenedDataset, columns: Columns, limit: int | None) -> None:
    load_encoder(encoder)
    reports: list[DatasetReport] = []  # filled when the job ends; the report of a job is of files

    def work(tell: OnProgress, cancel: threading.Event) -> IngestReport:
        result, report = index_dataset(
            library, encoder, opened,
            limit=limit, columns=columns, limits=get_policy(), on_progress=tell, cancel=cancel,
        )  # fmt: skip
        reports.append(report)
        return result

    st.session_state[_report_place(library)] = reports
    start_job(library, f"Adding {opened.name}", work)


def _report_place(library: Library) -> str:
    return f"dataset_report {library.path}"


def _lines(library: Library, encoder: Encoder, opened: OpenedDataset, columns: Columns, limit: int | None) -> str:
    named = ", ".join(f"{name}={value!r}" for name, value in asdict(columns).items())
    return f"""{opening(library, encoder)}
from core.share.hf_datasets.columns import Columns
from core.share.hf_datasets.ingest import index_dataset, open_dataset

opened = open_dataset({opened.name!r}, {opened.split!r})
columns = Columns({named})
result, told = index_dataset(library, encoder, opened, limit={limit}, columns=columns)
print(f"{{told.rows}} rows, {{told.pictures}} pictures, {{told.labels}} labels, {{told.captions}} captions")
"""
