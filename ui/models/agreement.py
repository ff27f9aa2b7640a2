"""Do two encoders see the same neighbors?"""

from __future__ import annotations

import streamlit as st

from core import Encoder, Item, Library
from core.geometry.encoder_comparison import Agreement, measure_agreement
from core.progress import Task
from ui.components.gallery.gallery import Card, gallery
from ui.jobs.tasks import get_task, start, task_button
from ui.models.choice import short_title
from ui.text import percent
from ui.widgets.details import open_details
from ui.widgets.query.box import more_like

_KEY, _NEAR = "models agreement", 5
_VERDICTS = (
    (0.6, "They largely agree: most pictures keep most of their neighbors."),
    (0.25, "They agree in part: many neighbors are the same, many differ."),
    (0.1, "They agree little: few neighbors are the same."),
)
_NONE = "They hardly agree more than by chance."


def agree_section(library: Library, encoders: tuple[Encoder, Encoder]) -> list[Item]:
    """The figures and examples; returns the items shown, so that they can be opened. Raises DataError."""

    def work(task: Task) -> Agreement:
        return measure_agreement(library, *encoders)

    about, state = (library.path, *(encoder.id for encoder in encoders)), library.index(encoders[1])
    if get_task(_KEY, about=about) is None:
        start(_KEY, "Comparing neighbors", work, about=about, state=state)
    found = task_button(_KEY, "Compare neighbors", work, title="Comparing neighbors", about=about, state=state)
    if found is None:
        return []
    with st.container(horizontal=True, key="agreement"):
        st.metric(
            f"Same {found.nearest} nearest", percent(found.overlap), f"{percent(found.chance, 1)} by chance",
            delta_color="off", delta_arrow="off", width=220,
            help="Mean share of the nearest neighbors under one encoder that are also nearest under the other.",
        )  # fmt: skip
        st.metric(
            "CKA", f"{found.cka:.2f}", "0 by chance", delta_color="off", delta_arrow="off", width=220,
            help="Centered kernel alignment: agreement of all distances, independent of rotation and scale. 1: equal "
            "up to rotation.",
        )  # fmt: skip
    st.markdown(next((text for least, text in _VERDICTS if found.beyond_chance >= least), _NONE))
    sampled = f", a sample of the {found.common:,} that both have" if found.common > found.items else ""
    st.caption(
        f"Measured on {found.items:,} items{sampled}. Neighbors show local agreement, CKA the coarse layout: it can be "
        "high although neighbors differ."
    )
    return _odd(found, encoders)


def _odd(found: Agreement, encoders: tuple[Encoder, Encoder]) -> list[Item]:
    one, other = (short_title(entry) for entry in encoders)
    if not found.odd or found.odd[0].overlap == 1.0:
        return []
    with st.expander("Where they disagree most", icon=":material/call_split:"):
        cards = []
        for entry in found.odd:
            said = f"{percent(entry.overlap)} of the neighbors are the same. Below:"
            cards.append(Card(entry.item, about=f"{said} nearest by {one}", near=entry.first[:_NEAR]))
            cards.append(Card(entry.item, about=f"{said} nearest by {other}", near=entry.second[:_NEAR]))
        gallery(cards, key="odd gallery", on_open=open_details, on_like=more_like)
    return [item for entry in found.odd for item in (entry.item, *entry.first, *entry.second)]
