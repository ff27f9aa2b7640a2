"""Gets the map of a library: cached, in progress, or laid out again; and its lines of Python."""

from __future__ import annotations

import streamlit as st

from core import Encoder, Library
from core.explore import atlas
from core.explore.atlas import Atlas, AtlasRequest
from core.explore.vocabulary import load_user_words
from core.policy import get_policy
from core.progress import Task
from ui.button import pressed
from ui.jobs.map_job import map_job_panel
from ui.jobs.tasks import get_task, start, start_if_idle, task_button
from ui.jobs.work import get_result
from ui.session.cache import get_cached
from ui.session.libraries import may_change
from ui.text import counted, duration_text
from ui.widgets.code_block import opening
from ui.widgets.filters import items_with_label

_TITLE = "Laying out the map"


def get_requested_atlas(library: Library, encoder: Encoder, request: AtlasRequest, count: int) -> Atlas | None:
    """The map: cached, or laid out in the background, which starts by itself. None until it is there.

    After a stop, a button starts it again.
    """
    about = _about(library, encoder, request)
    index = library.index(encoder)
    again = get_task("explore anew", about=about)
    if again is not None and again.state is index:
        fresh = get_result(again.job)
        if fresh is not None:
            return fresh
    if request == AtlasRequest() and map_job_panel(library):
        return None
    cached = get_cached("atlas", about, index, lambda: atlas.load_cached_atlas(library, encoder, request))
    if cached is not None:
        return cached

    def work(task: Task) -> Atlas:
        return atlas.build_atlas(library, encoder, request, **_server_options(), task=task)

    started = get_task("explore", about=about)
    if started is None or started.state is not index:
        start_if_idle("explore", _TITLE, work, about=about, state=index)
    seconds = duration_text(atlas.estimate_seconds(count, request))
    return task_button(
        "explore",
        "Lay out the map",
        work,
        title=_TITLE,
        about=about,
        state=index,
        icon=":material/scatter_plot:",
        note=f"{counted(count, 'point')}: about {seconds}, once. It continues while you use other pages.",
    )


def offer_refresh(library: Library, encoder: Encoder, request: AtlasRequest, laid_out: Atlas) -> None:
    """Show how many items were added after the layout, with a button to lay the map out again."""
    if not laid_out.placed_later or not may_change(library):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{counted(laid_out.placed_later, 'point')} added later, placed next to their nearest neighbors.")
        if pressed("Lay out again", icon=":material/restart_alt:", type="tertiary", key="anew"):
            start(
                "explore anew",
                _TITLE,
                lambda task: atlas.build_atlas(library, encoder, request, rebuild=True, **_server_options(), task=task),
                about=_about(library, encoder, request),
                state=library.index(encoder),
            )
            st.rerun()


def _server_options() -> dict[str, bool]:
    """What a server does that others visit too: computes in a child process, and stores no texts of strangers."""
    return {"in_subprocess": True, "cache_texts": get_policy().may_write_shared}


def python_lines(library: Library, encoder: Encoder, request: AtlasRequest, texts: tuple[str, ...]) -> str:
    """The lines that make this map."""
    settings = {
        name: getattr(request, name)
        for name in ("of", "filters", "layout", "dims", "clusters", "k")
        if getattr(request, name) != getattr(AtlasRequest(), name)
    }
    filters = "from core import Filters\n" if "filters" in settings else ""
    given = ", ".join(f"{name}={value!r}" for name, value in settings.items())
    own = "from core.explore.text_places import add_texts\n" if texts else ""
    put = f"atlas = add_texts(atlas, encoder, {list(texts)!r})\n" if texts else ""
    return f"""{filters}{own}from core.explore.atlas import AtlasRequest, build_atlas
{opening(library, encoder)}
atlas = build_atlas(library, encoder, AtlasRequest({given}))
{put}for number, (title, size) in enumerate(zip(atlas.titles(), atlas.clusters.sizes)):
    print(title, size, atlas.points.items([atlas.medoids[number]])[0].path)
atlas.places  # where each of atlas.points lies
"""


def _about(library: Library, encoder: Encoder, request: AtlasRequest) -> tuple[object, ...]:
    """What a map depends on besides the files. Labels count: clusters are named with them."""
    words = frozenset(label.label for label in library.labels())
    return (
        str(library.path),
        encoder.id,
        request,
        items_with_label(library, request.filters),
        words,
        load_user_words(),
    )
