"""Explore: the library as a map, in clusters with names, to look around in and to select from."""

from __future__ import annotations

import streamlit as st

from core import Encoder, Library
from core.atlas import Asked, Atlas, atlas_of, count_of, expected_seconds, kept_atlas
from ui.add import no_library, ready
from ui.classify_items import nothing_left
from ui.details import show_details
from ui.encoders import load_encoder
from ui.explore_asked import asked_section
from ui.explore_chosen import chosen_of
from ui.explore_clusters import cluster_list, titles_of
from ui.explore_map import colouring_of, lit_points, map_tools, show_map
from ui.explore_selection import cover_button, selection_section
from ui.filters import labelled
from ui.frame import header
from ui.in_python import in_python, opening
from ui.jobs import job_panel
from ui.libraries import library_facts
from ui.memory import remembered
from ui.page import boundary, counted, duration_text
from ui.query import go_where_asked
from ui.sidebar import current_encoder, current_library
from ui.tasks import asked as asked_task
from ui.tasks import start, task_of
from ui.visit_work import result_of

header(
    "Explore",
    "Every point is a picture or video, and points that lie close look alike to the encoder; groups of them are named "
    "in words. Point at one to see it, click to open it, and drag with the lasso or the box to see what lies within.",
)


def page() -> None:
    go_where_asked()
    library = current_library()
    if library is None:
        no_library("There is no library to explore yet.")
        return
    encoder = current_encoder()
    job_panel(library, report=False)
    facts = library_facts(library, encoder)
    if not ready(library, encoder, facts):
        return
    asked = asked_section(library, encoder, videos=bool(facts.searchable.videos))
    count = count_of(library, encoder, asked)
    if count == len(asked.texts):
        nothing_left(asked.filters)
        return
    atlas = atlas_when_asked(library, encoder, asked, count)
    if atlas is not None:
        show(library, encoder, asked, atlas)


def atlas_when_asked(library: Library, encoder: Encoder, asked: Asked, count: int) -> Atlas | None:
    """The map that is kept, at once; else a button, and the map once it is laid out."""
    about = about_map(library, encoder, asked)
    index = library.index(encoder)
    again = task_of("explore anew", about=about)
    if again is not None and again.state is index:
        fresh = result_of(again.job)
        if fresh is not None or again.job.running:
            return fresh
    with st.container(key="explore_loading"):
        if asked.texts:
            load_encoder(encoder)
    kept = remembered("atlas", about, index, lambda: kept_atlas(library, encoder, asked))
    if kept is not None:
        return kept
    seconds = duration_text(expected_seconds(count, asked))
    return asked_task(
        "explore",
        "Lay out the map",
        lambda tell, cancel: atlas_of(library, encoder, asked, on_progress=tell, cancel=cancel),
        title="Laying out the map",
        about=about,
        state=index,
        icon=":material/scatter_plot:",
        note=f"{counted(count, 'point')}: about {seconds}, once; then it is kept. It goes on while you look elsewhere.",
    )


def about_map(library: Library, encoder: Encoder, asked: Asked) -> tuple[object, ...]:
    """What a map depends on, but for the files of the library."""
    return (str(library.path), encoder.id, asked, labelled(library, asked.filters))


def offer_anew(library: Library, encoder: Encoder, asked: Asked, atlas: Atlas) -> None:
    """Where items came after the map was laid out: how many, and a button that lays all of it out again."""
    if not atlas.placed_later:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{counted(atlas.placed_later, 'point')} came later and lie beside their nearest neighbours.")
        if st.button("Lay out anew", icon=":material/restart_alt:", type="tertiary", key="anew"):
            start(
                "explore anew",
                "Laying out the map",
                lambda tell, cancel: atlas_of(library, encoder, asked, anew=True, on_progress=tell, cancel=cancel),
                about=about_map(library, encoder, asked),
                state=library.index(encoder),
            )
            st.rerun()


def show(library: Library, encoder: Encoder, asked: Asked, atlas: Atlas) -> None:
    terms, result, colour = map_tools(library, encoder, asked.filters)
    chosen, numbers = chosen_of(atlas)
    titles = titles_of(atlas)
    left, right = st.columns([5, 2], gap="medium")
    with left:
        with st.container(key="map_notes"):  # always there: what comes and goes above the map would draw it anew
            offer_anew(library, encoder, asked, atlas)
            lit = lit_points(atlas, result)
            colouring = colouring_of(library, encoder, atlas, titles, colour, terms)
        show_map(atlas, titles, colouring, lit, numbers if chosen is not None else None)
        cover_button(chosen, len(numbers) if chosen is not None else len(atlas.points) - len(atlas.points.texts))
    with right:
        cluster_list(atlas, titles, chosen, coloured=colour == "cluster" or (colour == "score" and not terms))
    if chosen is not None:
        selection_section(library, encoder, atlas, titles, chosen, numbers)
    else:
        st.session_state["explore items"] = []
    in_python(python_lines(library, encoder, asked))
    opened = st.session_state.pop("explore opened", None)
    show_details((), [*([opened] if opened else []), *st.session_state["explore items"]])


def python_lines(library: Library, encoder: Encoder, asked: Asked) -> str:
    """The lines that make this map."""
    settings = {
        name: getattr(asked, name)
        for name in ("of", "filters", "texts", "layout", "dims", "clusters", "k")
        if getattr(asked, name) != getattr(Asked(), name)
    }
    filters = "from core import Filters\n" if "filters" in settings else ""
    given = ", ".join(f"{name}={value!r}" for name, value in settings.items())
    return f"""{filters}from core.atlas import Asked, atlas_of
{opening(library, encoder)}
atlas = atlas_of(library, encoder, Asked({given}))
for number, (title, size) in enumerate(zip(atlas.titles(), atlas.clusters.sizes)):
    print(title, size, atlas.points.items([atlas.medoids[number]])[0].path)
atlas.places  # where each of atlas.points lies
"""


with boundary():
    page()
