"""Pages that belong to one of the navigation: its entry stays marked, and tabs lead from one to the other."""

from __future__ import annotations

import streamlit as st

from ui.shell.navigation import PAGES, PageInfo, get_target, list_pages_under

_OPEN = """<style>[data-testid=stSidebarNavLink][href$="/{address}"] {{
  background-color: color-mix(in srgb, currentColor 10%, transparent); font-weight: 600;
}}</style>"""


def show_as_open(page: PageInfo) -> None:
    """Marks a page in the navigation: Streamlit marks the page at hand alone, which is not listed there."""
    first = next(iter(PAGES))
    st.html(_OPEN.format(address="" if page.name == first else page.name))


def show_tabs(page: PageInfo | None) -> None:
    """A row of links to a page and those under it, where it shows them so."""
    if page is None or page.family != "tabs":
        return
    with st.container(horizontal=True, gap="small", key="page_tabs"):
        for name in (page.name, *list_pages_under(page.name)):
            info = PAGES[name]
            st.page_link(get_target(name), label=info.title, icon=info.icon)
