"""Draws the frame of every page: logo, navigation, sidebar, title and error boundary."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from core import SemblanceError
from core.utils.systems import check_system
from ui.components.address.address import keep_history
from ui.components.copy_link.copy_link import copy_link
from ui.errors import boundary
from ui.server.gc import collect_garbage
from ui.server.start import prepare_server
from ui.session.current import Choice
from ui.session.libraries import VISIT
from ui.session.library_files import watch_libraries
from ui.session.link import clean_link
from ui.session.state import get_state
from ui.shell.family import show_as_open, show_tabs
from ui.shell.navigation import PAGES, get_target, navigation
from ui.shell.sidebar import sidebar

_ICON = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 37 32"><circle cx="13" cy="16" r="9.5" fill="none"
stroke="#2C857C" stroke-width="3.4"/><circle cx="24" cy="16" r="9.5" fill="#2C857C" fill-opacity=".35" stroke="#2C857C"
stroke-width="3.4"/></svg>"""
_LOGO = (Path(__file__).parent / "logo.svg").read_text()  # its letters are outlines: no font is needed
_TITLE = 60  # letters of a query in the title of the window

# The theme's primary color is for areas: as text on the dark background its contrast would be 3.6 to 1.
_TEXT = """<style>
button[data-variant][data-selected],
[data-testid=stSliderThumbValue]:not([disabled]), [data-testid=stSliderThumbValue]:not([disabled]) p {
  color: inherit !important;
}
/* The color that Streamlit gives to captions has less contrast than small text needs. */
[data-testid=stCaptionContainer] { color: inherit !important; opacity: 0.78; }
/* On a phone a row of tools scrolls sideways: the results begin higher. */
@media (max-width: 640px) {
  .st-key-query_tools, .st-key-take_away, .st-key-examples {
    flex-wrap: nowrap !important; overflow-x: auto; scrollbar-width: none; padding-bottom: 2px;
  }
  .st-key-query_tools > *, .st-key-take_away > *, .st-key-examples > * { flex-shrink: 0; min-width: max-content; }
  .st-key-page_head { flex-wrap: nowrap !important; }
  .st-key-page_head h1 { font-size: 1.7rem !important; }
  .st-key-page_about { display: none; }
}
</style>"""


@dataclass(slots=True)
class FrameState:
    """is_drawn: whether this run drew the frame."""

    is_drawn: bool = False


def draw_frame() -> st.Page:
    """Draws the frame and returns the page to run inside it."""
    st.set_page_config(page_title="Semblance", page_icon=_ICON, layout="wide")
    _stop_elsewhere()
    st.logo(_LOGO, size="large")
    st.html(_TEXT)
    prepare_server()
    collect_garbage()
    clean_link()
    keep_history()
    watch_libraries()
    page = st.navigation(navigation(show_page), expanded=True)
    with boundary():
        sidebar()
    get_state(FrameState).is_drawn = True
    return page


def _stop_elsewhere() -> None:
    """End the page with one line on an unsupported system."""
    try:
        check_system()
    except SemblanceError as error:
        st.error(str(error), icon=":material/error:")
        st.stop()


def show_page(name: str, draw: Callable[[], None]) -> None:
    """Draw a page of the table: its title, its line, and what `draw` shows or its error.

    On the first request of a server, Streamlit runs the page of a deep link without app.py. In that case this draws
    the frame and runs the page again inside it.
    """
    state = get_state(FrameState)
    framed, state.is_drawn = state.is_drawn, False
    if not framed:
        draw_frame().run()
        st.stop()
    page = PAGES[name]
    query = str(st.query_params.get("q", "")).strip()
    st.set_page_config(page_title=" · ".join(filter(None, [query[:_TITLE], page.title, "Semblance"])))
    above = PAGES.get(page.under)
    if above is not None:
        show_as_open(above)
    if above is not None and above.family == "contents":
        st.page_link(get_target(above.name), label=above.title, icon=":material/arrow_back:")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="page_head"):
        st.title(page.heading or page.title, anchor=False, width="stretch", help=page.help or None)
        copy_link(of_visit=get_state(Choice).library == VISIT)
    with st.container(key="page_about"):
        st.markdown(f":gray[{page.line}]")
    show_tabs(page if page.family == "tabs" else above)
    with boundary():
        draw()
