"""Settings of the feed: in the link, and kept while other pages are open."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from ui.session.state import get_state


@dataclass(frozen=True, slots=True)
class Settings:
    """Shares, 0 to 1; see `core.recommend.feed.recommend`. mix: 0 without a model of behavior."""

    mix: float = 0.0
    exploration: float = 0.1
    diversity: float = 0.3


@dataclass(slots=True)
class SettingsState:
    """values: of the widgets, by key, which Streamlit drops with the page."""

    values: dict[str, Any] = field(default_factory=dict)


def settings_section(*, behavior: bool) -> Settings:
    """The sliders. behavior: whether there is a model of what others did."""
    mix = _share(
        "Content ↔ what others did",
        "mix",
        50,
        "0: only what is similar to your likes. 100: only what people with similar likes chose.",
        disabled=not behavior,
    )
    if not behavior:
        st.caption("Needs a log: see “what others did” above.")
    exploration = _share("Exploration", "explore", 10, "Share of random items, to find out what else you may like.")
    diversity = _share(
        "Diversity",
        "diverse",
        30,
        "0: only the closest items, however alike. 100: as different from each other as possible.",
    )
    return Settings(mix if behavior else 0.0, exploration, diversity)


def load_setting(key: str) -> None:
    """Restore a widget's value from an earlier visit of the page. Call `store_setting` after drawing it."""
    stored = get_state(SettingsState).values
    if key not in st.session_state and key not in st.query_params and key in stored:
        st.session_state[key] = stored[key]


def store_setting(key: str) -> None:
    """Store a widget's value: Streamlit drops it with the page."""
    get_state(SettingsState).values[key] = st.session_state[key]


def _share(label: str, key: str, default: int, about: str, *, disabled: bool = False) -> float:
    load_setting(key)
    value = st.slider(  # with its default, as the link omits only that
        label, 0, 100, default, 5, key=key, bind="query-params", format="%d %%", help=about, disabled=disabled
    )
    store_setting(key)
    return value / 100
