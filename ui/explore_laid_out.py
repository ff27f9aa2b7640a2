"""The map of a library when somebody asked for it: kept, in the making, or laid out anew; and its lines of Python."""

from __future__ import annotations

import streamlit as st

from core import Encoder, Library, atlas
from core.atlas import Asked, Atlas
from core.words import user_words
from ui.encoders import load_encoder
from ui.filters import labelled
from ui.in_python import opening
from ui.libraries import may_change
from ui.memory import remembered
from ui.page import counted, duration_text
from ui.pressed import pressed
from ui.tasks import asked as asked_task
from ui.tasks import start, task_of
from ui.visit_work import result_of


def atlas_when_asked(library: Library, encoder: Encoder, asked: Asked, count: int) -> Atlas | None:
    """The map that is kept, at once; else a button, and the map once it is laid out."""
    about = _about(library, encoder, asked)
    index = library.index(encoder)
    again = task_of("explore anew", about=about)
    if again is not None and again.state is index:
        fresh = result_of(again.job)
        if fresh is not None or again.job.running:
            return fresh
    with st.container(key="explore_loading"):
        if asked.texts:
            load_encoder(encoder)
    kept = remembered("atlas", about, index, lambda: atlas.kept_atlas(library, encoder, asked))
    if kept is not None:
        return kept
    seconds = duration_text(atlas.expected_seconds(count, asked))
    return asked_task(
        "explore",
        "Lay out the map",
        lambda tell, cancel: atlas.atlas_of(library, encoder, asked, apart=True, on_progress=tell, cancel=cancel),
        title="Laying out the map",
        about=about,
        state=index,
        icon=":material/scatter_plot:",
        note=f"{counted(count, 'point')}: about {seconds}, once; then it is kept. It goes on while you look elsewhere.",
    )


def offer_anew(library: Library, encoder: Encoder, asked: Asked, laid_out: Atlas) -> None:
    """Where items came after the map was laid out: how many, and a button that lays all of it out again."""
    if not laid_out.placed_later or not may_change(library):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{counted(laid_out.placed_later, 'point')} came later and lie beside their nearest neighbours.")
        if pressed("Lay out anew", icon=":material/restart_alt:", type="tertiary", key="anew"):
            start(
                "explore anew",
                "Laying out the map",
                lambda tell, cancel: atlas.atlas_of(
                    library, encoder, asked, anew=True, apart=True, on_progress=tell, cancel=cancel
                ),
                about=_about(library, encoder, asked),
                state=library.index(encoder),
            )
            st.rerun()


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


def _about(library: Library, encoder: Encoder, asked: Asked) -> tuple[object, ...]:
    """What a map depends on, but for the files of the library. Its clusters are named in its labels, too."""
    words = frozenset(each.label for each in library.labels())
    return (str(library.path), encoder.id, asked, labelled(library, asked.filters), words, user_words())
