"""Settings of the feed: in the link, and kept while other pages are open."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True, slots=True)
class Settings:
    """Shares, 0 to 1; see `core.recommend.feed.recommend`. mix: 0 without a model of behavior."""

    mix: float = 0.0
    exploration: float = 0.1
    diversity: float = 0.3


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
    state = st.session_state
    if key not in state and key not in st.query_params and _place(key) in state:
        state[key] = state[_place(key)]


def store_setting(key: str) -> None:
    """Store a widget's value: Streamlit drops it with the page."""
    st.session_state[_place(key)] = st.session_state[key]


def _share(label: str, key: str, default: int, about: str, *, disabled: bool = False) -> float:
    load_setting(key)
    value = st.slider(  # with its default, as the link omits only that
        label, 0, 100, default, 5, key=key, bind="query-params", format="%d %%", help=about, disabled=disabled
    )
    store_setting(key)
    return value / 100


def _place(key: str) -> str:
    return f"recommend kept {key}"
