"""A linear layer on pixels and on embeddings: its size, the pictures it needs, the time it takes."""

from __future__ import annotations

import threading
from functools import partial

import streamlit as st

from core.evaluation.pixels import Input, learn_inputs
from core.geometry.linear_probe import InputCurve
from core.plots.pixels import input_curves
from core.progress import OnProgress
from ui.jobs.tasks import task_button
from ui.pixels.compare import INPUTS, ComparedInputs


def learn_section(shown: ComparedInputs) -> None:
    """The learning curve of both, once somebody asked for it, and what it costs."""
    st.subheader("What does it take to learn from them?", anchor=False)
    curves = task_button(
        "pixel learning", "Learn from both", partial(_learn, shown), title="Learning", about=shown,
        icon=":material/school:", note="A linear layer on either input, from 1 to 16 labeled pictures a class.",
    )  # fmt: skip
    if curves is None:
        return
    pixels, embedding = (curves[which] for which in INPUTS)
    most = max(pixels.accuracy)
    rows = [
        ("size of the network: numbers to learn", f"{pixels.parameters:,}", f"{embedding.parameters:,}"),
        (
            f"amount of data: accuracy with {most} a class",
            f"{pixels.accuracy[most]:.2f}",
            f"{embedding.accuracy[most]:.2f}",
        ),
        ("amount of computation: seconds to learn that", f"{pixels.seconds:.2f}", f"{embedding.seconds:.2f}"),
        ("multiplications to tell one picture", f"{pixels.multiplications:,}", f"{embedding.multiplications:,}"),
    ]
    lines = ["| | raw pixels | embedding |", "|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows)]
    st.markdown("\n".join(lines))
    st.plotly_chart(
        input_curves(curves), key="input_curves", config={"displayModeBar": False},
        alt="Accuracy against labeled pictures a class, on pixels and on embeddings",
    )  # fmt: skip
    st.markdown(_sentence(pixels, embedding, most))
    st.caption(
        "30 % of the pictures of each class are held out; the mean of five repeats. Computing the embedding itself is "
        "not counted: the encoder is a large network that was trained once, on very many pictures, and runs once a "
        "picture. That is the point: the work is done before your labels are needed."
    )


def _sentence(pixels: InputCurve, embedding: InputCurve, most: int) -> str:
    reached = embedding.reaches(pixels.accuracy[most])
    if reached is None:
        return f"With {most} labeled pictures a class, pixels are the better input here: {pixels.accuracy[most]:.2f}."
    pictures = "one labeled picture" if reached == 1 else f"{reached} labeled pictures"
    return (
        f"What pixels reach with {most} labeled pictures a class ({pixels.accuracy[most]:.2f}), embeddings reach with "
        f"**{pictures}** a class ({embedding.accuracy[reached]:.2f}), with a layer that is "
        f"**{pixels.parameters / embedding.parameters:.0f} times** smaller."
    )


def _learn(shown: ComparedInputs, report: OnProgress, cancel: threading.Event) -> dict[Input, InputCurve]:
    return learn_inputs(shown.compared, on_progress=report, cancel=cancel)
