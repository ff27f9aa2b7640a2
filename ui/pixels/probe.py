"""A linear probe on pixels and on embeddings: its size, the labels it needs, and its time."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.evaluation.pixels import Input, learn_inputs
from core.geometry.linear_probe import InputCurve
from core.plots.pixels import input_curves
from core.progress import Task
from ui.jobs.tasks import task_button
from ui.pixels.compare import INPUTS, ComparedInputs


def learn_section(shown: ComparedInputs) -> None:
    """The learning curve of both inputs, once it was requested, and its cost."""
    st.subheader("How much does it take to learn from them?", anchor=False)
    curves = task_button(
        "pixel learning", "Learn from both", partial(_learn, shown), title="Learning", about=shown,
        icon=":material/school:", note="A linear layer on each input, with 1 to 16 labeled pictures per class.",
    )  # fmt: skip
    if curves is None:
        return
    pixels, embedding = (curves[which] for which in INPUTS)
    most = max(pixels.accuracy)
    rows = [
        ("parameters", f"{pixels.parameters:,}", f"{embedding.parameters:,}"),
        (
            f"accuracy with {most} per class",
            f"{pixels.accuracy[most]:.2f}",
            f"{embedding.accuracy[most]:.2f}",
        ),
        ("training time in seconds", f"{pixels.seconds:.2f}", f"{embedding.seconds:.2f}"),
        ("multiplications per prediction", f"{pixels.multiplications:,}", f"{embedding.multiplications:,}"),
    ]
    lines = ["| | raw pixels | embedding |", "|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows)]
    st.markdown("\n".join(lines))
    st.plotly_chart(
        input_curves(curves), key="input_curves", config={"displayModeBar": False},
        alt="Accuracy against labeled pictures per class, on pixels and on embeddings",
    )  # fmt: skip
    st.markdown(_sentence(pixels, embedding, most))
    st.caption(
        "Accuracy on 30 % held-out pictures of each class, mean of five repeats.",
        help="The time to compute the embedding is not included: the encoder is a large network that was "
        "trained once, on "
        "very many pictures, and runs once per picture. That work is done before you need labels.",
    )


def _sentence(pixels: InputCurve, embedding: InputCurve, most: int) -> str:
    reached = embedding.reaches(pixels.accuracy[most])
    if reached is None:
        return f"With {most} labeled pictures per class, pixels are the better input here: {pixels.accuracy[most]:.2f}."
    pictures = "one labeled picture" if reached == 1 else f"{reached} labeled pictures"
    return (
        f"Pixels reach {pixels.accuracy[most]:.2f} with {most} labeled pictures per class. Embeddings reach "
        f"{embedding.accuracy[reached]:.2f} with **{pictures}** per class, and a layer that is "
        f"**{pixels.parameters / embedding.parameters:.0f} times** smaller."
    )


def _learn(shown: ComparedInputs, task: Task) -> dict[Input, InputCurve]:
    return learn_inputs(shown.compared, task=task)
