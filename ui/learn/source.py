"""The training data: who watched which movies, or a text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import streamlit as st

from core.learn.source import Source
from core.progress import Task

Subject = Literal["movies", "words"]


@dataclass(frozen=True, slots=True)
class Choice:
    """The training data that were chosen. key: equal for equal data. lines: Python that reads them as `source`."""

    subject: Subject
    key: str
    load: Callable[[Task], Source]
    lines: str


def subject_section() -> Subject:
    """What the items are."""
    return st.segmented_control(
        "Learn an embedding of", get_args(Subject), default="movies", required=True, key="subject", bind="query-params"
    )
