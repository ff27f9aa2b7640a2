"""What a visitor sets about the feed: in the link, and kept while other pages are looked at."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True, slots=True)
class Settings:
    """Shares, 0 to 1; see `core.recommend.feed.recommend`. mix: 0 where there is no behaviour to mix in."""

    mix: float = 0.0
    exploration: float = 0.1
    diversity: float = 0.3


def settings_section(*, behavior: bool) -> Settings:
    """The sliders. behaviour: whether anything was learned of what others did."""
    mix = _share(
        "Content ↔ what others did",
        "mix",
        50,
        "0: only what is near your likes. 100: only what others with such likes went on to.",
        disabled=not behavior,
    )
    if not behavior:
        st.caption("Live once there is a log: see “what others did” above.")
    exploration = _share(
        "Exploration", "explore", 10, "Share of the places that are drawn at random, to find out what you may like too."
    )
    diversity = _share(
        "Diversity", "diverse", 30, "0: only the nearest, however alike they are. 100: as unlike each other as can be."
    )
    return Settings(mix if behavior else 0.0, exploration, diversity)


def load_setting(key: str) -> None:
    """Puts what was set on an earlier visit of the page back under a widget's key. Call `keep` once it is drawn."""
    state = st.session_state
    if key not in state and key not in st.query_params and _place(key) in state:
        state[key] = state[_place(key)]


def store_setting(key: str) -> None:
    """Remembers what is set under a widget's key: Streamlit forgets it with the page."""
    st.session_state[_place(key)] = st.session_state[key]


def _share(label: str, key: str, default: int, about: str, *, disabled: bool = False) -> float:
    load_setting(key)
    value = st.slider(  # told its default, as the link leaves that out, and nothing else
        label, 0, 100, default, 5, key=key, bind="query-params", format="%d %%", help=about, disabled=disabled
    )
    store_setting(key)
    return value / 100


def _place(key: str) -> str:
    return f"recommend kept {key}"
