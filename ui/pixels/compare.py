"""Pixels and embeddings compared on the same pictures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import streamlit as st

from core import Encoder, Item, Library
from core.evaluation.pixels import Input, InputComparison, compare_inputs, select_images
from core.geometry.raw_pixels import SIDE, full_numbers
from core.plots.pixels import NAMES, contrast_by_dimension, pair_histogram
from core.progress import Task
from ui.jobs.tasks import task_button
from ui.text import counted, percent, plain, size_text
from ui.widgets.label_source import labels_lines, labels_section

MOST = 1_000  # pictures compared: each with each
_FEW = 20
INPUTS: tuple[Input, Input] = ("pixels", "embedding")


@dataclass(frozen=True)
class ComparedInputs:
    """A comparison of `items`, (n,). considered: pictures they were sampled from. grouped: see `select_images`."""

    items: tuple[Item, ...]
    compared: InputComparison
    considered: int
    grouped: bool


def get_labels(library: Library, encoder: Encoder) -> tuple[tuple[str, str], ...]:
    """(item id, label) of the pictures that have one; none where clusters are to stand in. Raises DataError."""
    with st.expander("Labels: which pictures are similar", icon=":material/sell:"):
        st.caption("Pictures with the same label count as similar. Labels come from folder names, a CSV or the page "
                   "Classify; without any, from clusters of the library.")  # fmt: skip
        data = labels_section(library, encoder, otherwise="clusters")
    return tuple((item.id, label) for item, label in zip(data.items, data.labels, strict=True)) if data else ()


def compared_section(library: Library, encoder: Encoder, labels: tuple[tuple[str, str], ...]) -> ComparedInputs | None:
    """The comparison, once it was requested."""
    index = library.index(encoder)
    return task_button(
        "pixels", "Compare", partial(_compare, library, encoder, labels), title="Comparing",
        about=(library.path, encoder.id, labels), state=index, icon=":material/compare:",
        note=f"Reads up to {MOST:,} pictures of the library.",
    )  # fmt: skip


def numbers_section(shown: ComparedInputs) -> None:
    """Both inputs in figures, side by side."""
    compared = shown.compared
    left, right = (compared.contrast[which] for which in INPUTS)
    full = full_numbers(shown.items)
    sampled = f", a random sample of {shown.considered:,}" if shown.considered > len(shown.items) else ""
    few = " With so few, the figures are mostly chance." if len(shown.items) < _FEW else ""
    st.caption(f"All pairs of {counted(len(shown.items), 'picture')}{sampled}.{few}")
    rows = [
        ("numbers per picture", f"{left.numbers:,} ({SIDE} × {SIDE} × 3)", f"{right.numbers:,}"),
        ("bytes", size_text(left.bytes), size_text(right.bytes)),
        (f"search time over these {len(shown.items):,}", f"{left.query_ms:.2g} ms", f"{right.query_ms:.2g} ms"),
    ]
    if left.agreement is not None and right.agreement is not None and left.chance is not None:
        label = f"share of the ten nearest with the same label (chance {left.chance:.2f})"
        rows.append((label, f"**{left.agreement:.2f}**", f"**{right.agreement:.2f}**"))
    lines = ["| | raw pixels | embedding |", "|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows)]
    st.markdown("\n".join(lines))
    if full:
        st.caption(
            f"The median picture of this library has {full:,} numbers at full size. Here its central square is "
            "reduced to "
            f"{SIDE} × {SIDE} pixels, which helps the pixels."
        )
    if shown.grouped:
        st.warning(
            "The labels are clusters of the embeddings, so the embeddings agree with them by design. Use your "
            "own labels for a fair comparison.",
            icon=":material/info:",
        )
    if compared.pixels.unread:
        st.caption(f"{counted(len(compared.pixels.unread), 'picture')} could not be read.")


def distances_section(shown: ComparedInputs) -> None:
    """The distribution of the distances, and their agreement with the labels."""
    compared = shown.compared
    st.subheader("What do the distances mean?", anchor=False)
    if compared.pairs:
        for place, which in zip(st.columns(2), INPUTS, strict=True):
            with place:
                figure = pair_histogram(compared.pairs[which], which)
                alt = f"Distances of pairs by {NAMES[which]}"
                st.plotly_chart(figure, key=f"pairs {which}", config={"displayModeBar": False}, alt=alt)
        pixels, embedding = (percent(compared.pairs[which].order) for which in INPUTS)
        st.markdown(
            f"Pictures with the same label are nearer than those with different labels in **{pixels}** of the cases by "
            f"pixels and in **{embedding}** by embedding; 50 % is chance.",
            help="Where the two curves overlap, a distance says nothing about the label.",
        )
    _contrast(compared)


def _contrast(compared: InputComparison) -> None:
    contrast = {which: compared.contrast[which].relative_contrast for which in INPUTS}
    numbers = {which: compared.contrast[which].numbers for which in INPUTS}
    st.plotly_chart(
        contrast_by_dimension(compared.random, numbers, contrast), key="concentration",
        config={"displayModeBar": False}, alt="Relative contrast against the numbers in a vector",
    )  # fmt: skip
    st.markdown(
        f"**Distances concentrate.** These pixels spread like random vectors of about "
        f"{compared.equivalent_dims['pixels']:.0f} dimensions, the embeddings like those of about "
        f"{compared.equivalent_dims['embedding']:.0f}.",
        help="Among random vectors of hundreds of numbers, the farthest is hardly farther than the nearest: the gray "
        "line falls toward 0. Real pictures are far above it, because they use few of their dimensions.",
    )
    figures = f"that of pixels is {contrast['pixels']:.2f}, that of embeddings {contrast['embedding']:.2f}"
    if contrast["pixels"] > contrast["embedding"]:
        st.markdown(
            f"**Surprising:** pixels have the higher contrast ({figures}). Their distances mostly measure light "
            "and dark, those of embeddings the content. Spread says little; agreement with the labels counts."
        )
    else:
        st.markdown(
            f"Here pixels do not have the higher contrast ({figures}), although they often do. What counts is what "
            "distances agree with, not how far they spread."
        )


def _compare(library: Library, encoder: Encoder, labels: tuple[tuple[str, str], ...], task: Task) -> ComparedInputs:
    found = select_images(library, encoder, dict(labels), most=MOST, task=task.part())
    paths = [item.path for item in found.items]
    compared = compare_inputs(paths, found.vectors, found.labels, task=task)
    return ComparedInputs(tuple(found.items[row] for row in compared.rows), compared, found.considered, found.grouped)


def python_lines(labels: tuple[tuple[str, str], ...]) -> str:
    """Python that computes the same, after a library was opened."""
    named = labels_lines() if labels else "\nlabels = {}  # clusters replace them\n"
    return f"""
from core.evaluation import compare_inputs, learn_inputs, select_images
{named}
found = select_images(library, encoder, labels, most={MOST})
compared = compare_inputs([item.path for item in found.items], found.vectors, found.labels)
for which, contrast in compared.contrast.items():
    print(which, contrast.numbers, contrast.agreement, compared.pairs[which].order)
print(learn_inputs(compared))
"""


def label_text(label: str | None) -> str:
    """A label for a heading, with Markdown escaped."""
    return plain(label) if label is not None else "no label"
