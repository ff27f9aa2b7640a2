"""The cost of two encoders: dimensions, memory and time."""

from __future__ import annotations

import streamlit as st

from core import Encoder, Library
from core.geometry.encoder_comparison import Speed, measure_size, measure_speeds
from core.progress import Task
from ui.jobs.tasks import task_button
from ui.models.choice import short_title
from ui.text import size_text


def cost_section(library: Library, encoders: tuple[Encoder, Encoder]) -> None:
    def work(task: Task) -> list[Speed]:
        return measure_speeds(library, encoders, task=task)

    sizes = [measure_size(library, encoder) for encoder in encoders]
    rows = {
        "dimensions": [f"{size.dim:,}" for size in sizes],
        "bytes per vector": [f"{size.bytes:,}" for size in sizes],
        "vectors here": [f"{size.vectors:,}" for size in sizes],
        "memory for this library": [size_text(size.total) for size in sizes],
    }
    about = (library.path, *(encoder.id for encoder in encoders))
    note = "Embeds some pictures of the library and some texts with both, on this machine."
    place = st.empty()
    speeds = task_button("models speed", "Measure speed", work, title="Measuring speed", about=about, note=note)
    if speeds is not None:
        rows["pictures per second"] = [f"{speed.images_per_s:,.0f}" for speed in speeds]
        rows["texts per second"] = [f"{speed.texts_per_s:,.0f}" for speed in speeds]
        st.caption(
            f"Measured on {speeds[0].images} decoded pictures and {speeds[0].texts} short texts: the fastest of "
            "three runs. Reading and decoding files takes extra time, the same for both."
        )
    with place:
        show_comparison(rows, encoders, key="costs")


def show_comparison(rows: dict[str, list[str]], encoders: tuple[Encoder, Encoder], *, key: str) -> None:
    """A table of two columns, one an encoder, and those beside them."""
    names = _distinct([short_title(encoder) for encoder in encoders])
    extra = ["by chance"]
    table = [dict(zip(["", *names, *extra], [name, *cells], strict=False)) for name, cells in rows.items()]
    st.dataframe(table, hide_index=True, key=key)


def _distinct(names: list[str]) -> list[str]:
    return [f"{name} ({place})" for place, name in enumerate(names, start=1)] if len(set(names)) < 2 else names
