"""The same query under two encoders, side by side."""

from __future__ import annotations

import streamlit as st

from core import Encoder, Hit, Library, SearchResult, search
from core.encoders.reference_prompts import embed_reference_prompts
from core.progress import Task
from core.search.query import query_state
from ui.components.gallery.gallery import Card, gallery
from ui.jobs.tasks import get_task, start_if_idle, task_button
from ui.models.choice import short_title
from ui.text import plain
from ui.widgets.details import open_details
from ui.widgets.item_picker import get_term_name, pick_item
from ui.widgets.query.box import more_like

SHOWN = 12
_KEY = "models query"


def query_section(library: Library, encoders: tuple[Encoder, Encoder]) -> list[Hit]:
    """Both results; returns the hits shown, so that they can be opened. Raises QueryError."""
    query = pick_item("Ask both", "ask", library=library, encoder=encoders[0], default="a dog in the snow")
    if query is None:
        st.info("Type words or choose a picture.", icon=":material/edit:")
        return []

    def work(task: Task) -> tuple[SearchResult, ...]:
        for encoder in encoders:
            embed_reference_prompts(encoder, task=task)
        return tuple(search(library, encoder, [query], top_k=SHOWN, captions=False) for encoder in encoders)

    queries = ((encoder.id, query_state(encoder, [query])) for encoder in encoders)
    about = (library.path, *queries, query)
    state = library.index(encoders[1])
    if get_task(_KEY, about=about) is None:
        start_if_idle(_KEY, "Asking both", work, about=about, state=state)
    results = task_button(_KEY, "Ask both", work, title="Asking both", about=about, state=state)
    if results is None:
        return []
    _answers(encoders, results, get_term_name(library, query))
    return [hit for result in results for hit in result.hits]


def _answers(encoders: tuple[Encoder, Encoder], results: tuple[SearchResult, ...], asked_for: str) -> None:
    found = [{hit.item.id for hit in result.hits} for result in results]
    both = found[0] & found[1]
    most = max(map(len, found))
    st.markdown(f"For {plain(asked_for)}, **{len(both)} of the {most}** nearest are found by both.")
    for column, encoder, result in zip(st.columns(2, gap="medium"), encoders, results, strict=True):
        with column:
            verdict = ": nothing matches; these are nearest" if result.judged and not result.cutoff else ""
            st.markdown(f"**{plain(short_title(encoder))}**{verdict}")
            cards = [Card(hit.item, hit, badge="both" if hit.item.id in both else "") for hit in result.hits]
            gallery(cards, key=f"answers {encoder.id}", on_open=open_details, on_like=more_like)
    st.caption(
        "Percentage: estimated probability that the picture is what you mean; none for an encoder with which it was "
        "not measured."
    )
