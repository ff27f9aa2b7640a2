"""Which part of a picture matches a query (saliency)."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core import Encoder, Library, Term
from core.encoders.reference_prompts import embed_reference_prompts
from core.geometry.distance import embed_terms
from core.geometry.saliency import Saliency, Way, compute_saliency, count_steps, find_clear_thing, load_image
from core.media.modalities import VIDEO
from core.plots.vectors import saliency_map
from core.progress import Task
from core.search.query import parse_frame, query_state
from ui.jobs.tasks import task_button
from ui.session.cache import get_cached
from ui.text import percent, plain
from ui.widgets.code_block import in_python, opening
from ui.widgets.item_picker import get_term_name, is_chosen, pick_item
from ui.widgets.query.default_terms import example_item, ready_words, term_code

_CELLS = (4, 6, 8, 12)
_WAYS: dict[Way, str] = {"alone": "shown alone", "covered": "covered"}


def heat_section(library: Library, encoder: Encoder) -> None:
    words = _example_thing(library, encoder)
    left, right = st.columns(2, gap="medium")
    with right:
        query = pick_item("What to look for in it", "ask", library=library, encoder=encoder, default=words)
    sought = str(query.value) if query is not None and query.is_word else words
    with left:
        picture = pick_item(
            "A picture or a video", "picture", library=library, encoder=encoder,
            default=example_item(library, encoder, "picture", sought),
        )  # fmt: skip
    if picture is None or query is None:
        st.info("Choose a picture and a query.", icon=":material/edit:")
        return
    if picture.is_word:
        st.info("Words are no picture. Choose one with the button beside them.", icon=":material/add_photo_alternate:")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="heat_tools"):
        cells: int = st.segmented_control(
            "Squares along the longer side", _CELLS, default=8, required=True, key="cells", bind="query-params"
        )
        way: Way = st.segmented_control(
            "Each part is", list(_WAYS), default="alone", required=True, key="way", bind="query-params",
            format_func=_WAYS.__getitem__,
            help="Shown alone: the rest is gray. Covered: the part itself is gray.",
        )  # fmt: skip
        picture, time_s = _at_second(library, picture)
    index = library.index(encoder)

    def work(task: Task) -> Saliency:
        image = load_image(library, picture, time_s=time_s, min_side=encoder.min_side)
        vector = embed_terms(encoder, index, [query])[0]
        rivals = embed_reference_prompts(encoder, task=task) if query.is_word else index.background
        return compute_saliency(encoder, image, vector, cells=cells, way=way, rivals=rivals, task=task)

    asked_with = query_state(encoder, [picture, query])
    about = (library.path, encoder.id, picture, time_s, query, asked_with, cells, way)
    note = f"Embeds the picture up to {count_steps((1, 1), cells, way)} times, with a different part {_WAYS[way]} each."
    heat = task_button("inside heat", "Find the matching part", work, title="Embedding parts", about=about, note=note)
    if heat is not None:
        _shown(library, heat, query)
        _code(library, encoder, picture, time_s, query, cells, way)


def _example_thing(library: Library, encoder: Encoder) -> str:
    """A thing that a picture of this library shows: the default words; "" if both were chosen."""
    if is_chosen("picture") and is_chosen("ask"):
        return ""
    ready_words(encoder)
    index = library.index(encoder)
    return get_cached("clear thing", encoder.id, index, lambda: find_clear_thing(encoder, index.background))


def _at_second(library: Library, picture: Term) -> tuple[Term, float]:
    """The frame of a video at a second."""
    if picture.kind == "clip":
        return picture, float(st.number_input("Second", 0.0, None, 0.0, 0.5, key="heat_second", width=140))
    if picture.kind == "frame":
        return picture, parse_frame(str(picture.value))[1]
    item = library.item(str(picture.value)) if picture.kind == "item" else None
    if item is None or item.kind != VIDEO.name:
        return picture, 0.0
    end = max(0.1, (item.duration_s or 0.1) - 0.05)
    if float(st.session_state.get("second", 0.0)) > end:
        st.session_state["second"] = 0.0
    second = st.slider("Second", 0.0, end, min(1.0, end), 0.1, key="second", bind="query-params", width=280)
    return replace(picture, kind="frame", value=f"{item.id}@{second:.2f}"), second


def _shown(library: Library, heat: Saliency, query: Term) -> None:
    asked_for = get_term_name(library, query)
    high = float(heat.values.max())
    (row, column), (rows, columns) = heat.peak, heat.values.shape
    where = f"{_third(row, rows, ('upper', 'middle', 'lower'))} {_third(column, columns, ('left', 'middle', 'right'))}"
    where = where.replace("middle middle", "middle")
    said = f"The cosine of the whole picture with {plain(asked_for)} is **{heat.score:.2f}**."
    if heat.way == "alone":
        said += f" The best match is in the **{where}**: shown alone, the parts around it reach {high:.2f}."
    else:
        said += f" It falls most, by {high:.2f}, when the **{where}** is covered."
    if not heat.stands_out:
        rest = "reference phrases" if query.is_word else "pictures of this library"
        said += (
            f" **This is not significant**: {percent(heat.matched or 0.0)} of the {rest} vary as much between parts, "
            "most of them without a match here. There may be no match, or one in every part."
        )
    st.markdown(said)
    figure = saliency_map(heat, title=f"Match with {asked_for}")
    st.plotly_chart(figure, key="heat", config={"displayModeBar": False}, alt="The picture, red where it matches")
    unseen = 1.0 - float(heat.looked_at.mean())
    how = (
        "A window moves over the picture; the rest is gray. Red: parts that match the query by themselves. Point at a "
        "square for the mean cosine of the windows that show it."
        if heat.way == "alone"
        else "A gray patch moves over the picture. Red: parts that the match depends on. Point at a square for "
        "the fall of the cosine; below 0, the query fits better without that part."
    )
    rim = f" This encoder does not see the gray border, {percent(unseen)} of the picture." if unseen > 0 else ""
    st.caption(how + (rim or " This encoder sees the whole picture."))


def _third(place: int, count: int, names: tuple[str, str, str]) -> str:
    return names[min(2, int(3 * (place + 0.5) / count))]


def _code(library: Library, encoder: Encoder, picture: Term, time_s: float, query: Term, cells: int, way: Way) -> None:
    in_python(
        f"""{opening(library, encoder)}
from core import Term
from core.encoders.reference_prompts import embed_reference_prompts
from core.geometry import compute_saliency, embed_terms, load_image

image = load_image(library, {term_code(picture)}{f", time_s={time_s:g}" if picture.kind == "clip" else ""})
query = embed_terms(encoder, library.index(encoder), [{term_code(query)}])[0]
rivals = {"embed_reference_prompts(encoder)" if query.is_word else "library.index(encoder).background"}
heat = compute_saliency(encoder, image, query, cells={cells}, way={way!r}, rivals=rivals)
print(heat.score, heat.peak, heat.stands_out)
print(heat.values.round(3))
"""
    )
