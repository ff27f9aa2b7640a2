"""Adds datasets of the Hugging Face hub, or local ones in its formats, to a library, after a preview."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

import streamlit as st

from core import Encoder, IngestReport, Library
from core.policy import get_policy
from core.progress import Task
from core.share.hf_datasets.columns import Columns, choose_columns, possible_columns
from core.share.hf_datasets.ingest import DatasetReport, OpenedDataset, index_dataset, open_dataset
from ui.button import pressed
from ui.jobs.jobs import Work, get_job, is_busy, start_job
from ui.jobs.tasks import get_task, start, stop
from ui.jobs.work import get_result
from ui.session.encoders import load_encoder
from ui.session.state import get_state
from ui.text import counted, file_table, plain
from ui.widgets.code_block import in_python, opening

_KEY = "open_dataset"
_FIRST = 1_000  # rows by default: a dataset of the hub may have millions
_NONE = "(none)"


@dataclass(slots=True)
class DatasetState:
    """reports: of the last dataset, by the path of the library it was added to."""

    reports: dict[str, list[DatasetReport]] = field(default_factory=dict)


def add_dataset(library: Library, encoder: Encoder) -> None:
    """A dataset by its name: preview, choice of columns, and start. Not in public mode."""
    if not (get_policy().may_see_paths and get_policy().may_load_models):
        return
    with st.form("dataset", border=False):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            about = (
                "owner/name as on huggingface.co/datasets (owner/name:configuration chooses one), or a local folder: "
                "pictures in class folders, or Parquet files."
            )
            name = st.text_input("Dataset", key="dataset_name", placeholder="owner/name or ~/my-set", help=about)
            about = "Empty: train, or else the first split."
            split = st.text_input("Split", key="dataset_split", placeholder="train", width=160, help=about)
        request = st.form_submit_button("Preview dataset", disabled=is_busy(library))
    st.caption(
        "Pictures are copied into the library, with class names as labels and with captions.",
        help="A dataset of the hub is downloaded only as far as needed; its code is not run.",
    )
    place = (str(library.path), (name or "").strip(), (split or "").strip())
    if request and not place[1]:
        st.info("Enter the name of a dataset or the path of a folder.", icon=":material/dataset:")
    elif request:
        start(_KEY, "Opening the dataset", _opening(*place[1:]), about=place)
    task = get_task(_KEY, about=place)
    opened = get_result(task.job) if task and not (task.job.cancel.is_set() and not task.job.running) else None
    if opened is not None:
        _plan(library, encoder, opened)


def dataset_report(library: Library) -> None:
    """The result of the last dataset, below the report of its job until that is closed."""
    reports = get_state(DatasetState).reports
    if get_job(library) is None:
        reports.pop(str(library.path), None)
    for report in reports.get(str(library.path), []):
        st.success(
            f"{plain(report.name)}: {counted(report.pictures, 'picture')} of {counted(report.rows, 'row')}, with "
            f"{counted(report.labels, 'label')} and {counted(report.captions, 'caption')}.",
            icon=":material/dataset:",
        )
        if report.refused:
            st.markdown(f"{counted(len(report.refused), 'row')} skipped:")
            file_table(report.refused, key="dataset_refused")


def _opening(name: str, split: str) -> Work[OpenedDataset]:
    def work(task: Task) -> OpenedDataset:
        opened = open_dataset(name, split or None)
        choose_columns(opened.rows, Columns())  # raises if it has no pictures
        return opened

    return work


def _plan(library: Library, encoder: Encoder, opened: OpenedDataset) -> None:
    with st.container(border=True, key="dataset_plan"):
        rows = "" if opened.count is None else f": {counted(opened.count, 'row')}"
        st.markdown(f"**{plain(opened.name)}**, split {plain(opened.split)}{rows}")
        rest = ", ".join(plain(split) for split in opened.splits if split != opened.split)
        if rest:
            st.caption(f"Other splits: {rest}.")
        of = f"{opened.name} {opened.split}"  # each has settings of its own
        columns = _columns(opened, of)
        many = opened.count is None or opened.count > _FIRST
        about = "The first rows; empty: all. Rows are read one by one, so a few are quick."
        limit = st.number_input(
            "Maximum rows",
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
            left = pressed("Cancel", key="dataset_leave")
        in_python(_lines(library, encoder, opened, columns, limit))
    if begin:
        _begin(library, encoder, opened, columns, limit)
    if begin or left:
        stop(_KEY)
        st.rerun()


def _columns(opened: OpenedDataset, of: str) -> Columns:
    """The columns to import, by default chosen by name and type."""
    defaults = choose_columns(opened.rows, Columns())
    pictures, texts, labels = possible_columns(opened.rows)
    with st.container(horizontal=True):
        image = st.selectbox(
            "Pictures from", pictures, pictures.index(defaults.image or ""), key=f"dataset_image {of}", width=200
        )
        names = [_NONE, *texts]
        place = names.index(defaults.captions) if defaults.captions else 0
        captions = st.selectbox("Captions from", names, place, key=f"dataset_captions {of}", width=200)
        chosen = st.multiselect(
            "Labels from",
            labels,
            list(defaults.labels or ()),
            key=f"dataset_labels {of}",
            placeholder="none",
            width=260,
            help="Each column becomes a task of its own.",
        )
    return Columns(image, "" if captions == _NONE else captions, tuple(chosen))


def _begin(library: Library, encoder: Encoder, opened: OpenedDataset, columns: Columns, limit: int | None) -> None:
    load_encoder(encoder)
    reports: list[DatasetReport] = []  # filled when the job ends; its own report lists files

    def work(task: Task) -> IngestReport:
        result, report = index_dataset(
            library, encoder, opened,
            limit=limit, columns=columns, limits=get_policy(), task=task,
        )  # fmt: skip
        reports.append(report)
        return result

    get_state(DatasetState).reports[str(library.path)] = reports
    start_job(library, f"Adding {opened.name}", work)


def _lines(library: Library, encoder: Encoder, opened: OpenedDataset, columns: Columns, limit: int | None) -> str:
    named = ", ".join(f"{name}={value!r}" for name, value in asdict(columns).items())
    return f"""{opening(library, encoder)}
from core.share.hf_datasets.columns import Columns
from core.share.hf_datasets.ingest import index_dataset, open_dataset

opened = open_dataset({opened.name!r}, {opened.split!r})
columns = Columns({named})
result, report = index_dataset(library, encoder, opened, limit={limit}, columns=columns)
print(f"{{report.rows}} rows, {{report.pictures}} pictures, {{report.labels}} labels, {{report.captions}} captions")
"""
