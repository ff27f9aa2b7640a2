"""The campaigns to choose an advertisement from: examples of made-up products, or a visitor's own table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from core.media.formats import upload_types
from core.policy import get_policy
from core.recommend.ads.campaigns import Campaign, load_example_campaigns, read_campaigns
from core.recommend.ads.matching import CAP
from ui.button import pressed
from ui.errors import boundary
from ui.session.state import get_state
from ui.text import TABLE_TYPES, file_limit


@dataclass(slots=True)
class CampaignsState:
    """own: the campaigns of the visitor's table. turn: grows with each upload, for an empty uploader."""

    own: tuple[Campaign, ...] = ()
    turn: int = 0


def campaigns_in_use() -> tuple[tuple[Campaign, ...], bool]:
    """The visitor's own campaigns, or else the examples; and whether they are the visitor's own."""
    own = get_state(CampaignsState).own
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
            st.button("Back to the examples", on_click=_drop_own)
        _upload()


def _drop_own() -> None:
    get_state(CampaignsState).own = ()


def _upload() -> None:
    state = get_state(CampaignsState)
    files = st.file_uploader(
        "Your own: a CSV, and the pictures it names",
        type=[*TABLE_TYPES, *upload_types(videos=False)],
        accept_multiple_files=True,
        key=f"campaigns {state.turn}",
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
            state.own = read_campaigns(tables[0].getvalue(), pictures=pictures, limits=get_policy())
            state.turn += 1
            st.rerun()
