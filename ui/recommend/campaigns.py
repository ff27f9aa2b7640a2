"""The campaigns to choose an advertisement from: examples of made-up products, or a visitor's own table."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.media.formats import upload_types
from core.recommend.ads.campaigns import Campaign, load_example_campaigns, read_campaigns
from core.recommend.ads.matching import CAP
from ui.button import pressed
from ui.errors import boundary
from ui.text import TABLE_TYPES, file_limit

_OWN = "recommend own campaigns"


def campaigns_in_use() -> tuple[tuple[Campaign, ...], bool]:
    """The visitor's own campaigns, or else the examples; and whether they are the visitor's own."""
    own: tuple[Campaign, ...] | None = st.session_state.get(_OWN)
    return (own, True) if own else (load_example_campaigns(), False)


def campaign_panel(campaigns: tuple[Campaign, ...], shown: Mapping[str, int], *, own: bool) -> None:
    """The pop-up with the campaigns and an upload of one's own. shown: views in this session, by name."""
    with st.popover("Campaigns", icon=":material/campaign:"):
        if not own:
            st.caption("Examples of made-up products.")
        st.dataframe(
            [
                {
                    "name": campaign.name,
                    "text": campaign.text,
                    "audience interests": "; ".join(campaign.words),
                    "shown here": shown.get(campaign.name, 0),
                }
                for campaign in campaigns
            ],
            hide_index=True,
            key="campaigns",
            column_config={"shown here": st.column_config.NumberColumn(help=f"In this visit; {CAP} times at most.")},
        )
        if own:
            st.button("Back to the examples", on_click=lambda: st.session_state.pop(_OWN, None))
        _upload()


def _upload() -> None:
    turn = st.session_state.setdefault("campaigns turn", 0)
    files = st.file_uploader(
        "Your own: a CSV, and the pictures it names",
        type=[*TABLE_TYPES, *upload_types(videos=False)],
        accept_multiple_files=True,
        key=f"campaigns {turn}",
        max_upload_size=file_limit(50),
        help="Columns: name, and text or picture; optionally words (interests of its audience, separated by ;), budget "
        "(maximum views) and link.",
    )
    tables = [file for file in files or [] if file.name.lower().endswith(tuple(f".{ending}" for ending in TABLE_TYPES))]
    if files and not tables:
        st.caption("Add the CSV that names these pictures.")
    if tables and pressed("Use these", key="use_campaigns", type="primary"):
        with boundary():
            pictures = {file.name: file.getvalue() for file in files if file is not tables[0]}
            st.session_state[_OWN] = read_campaigns(tables[0].getvalue(), pictures=pictures)
            st.session_state["campaigns turn"] += 1
            st.rerun()
