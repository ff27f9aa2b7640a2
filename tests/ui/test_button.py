"""A button whose click counts even where another one cut its run short."""

from __future__ import annotations

import time

import pytest
from session import state_of
from streamlit.testing.v1 import AppTest

from ui.session.current import Choice


def page() -> None:
    import streamlit as st

    from ui.button import pressed

    state = st.session_state
    if state.pop("cut short", False):
        st.stop()  # as where something else was clicked before this run came to the button
    if pressed("Go", key="go", disabled=state.get("off", False)):
        state["gone"] = state.get("gone", 0) + 1


@pytest.fixture
def at() -> AppTest:
    return AppTest.from_function(page, default_timeout=60).run()


def clicked_and_cut_short(at: AppTest) -> AppTest:
    at.session_state["cut short"] = True
    at.button("go").click().run()
    assert "gone" not in at.session_state
    return at


def test_a_click_counts_once_at_once(at: AppTest) -> None:
    assert "gone" not in at.session_state
    at.button("go").click().run()
    assert at.session_state["gone"] == 1 and at.run().session_state["gone"] == 1


def test_a_click_whose_run_was_cut_short_counts_in_the_next(at: AppTest) -> None:
    at = clicked_and_cut_short(at).run()
    assert at.session_state["gone"] == 1 and at.run().session_state["gone"] == 1


def test_one_that_was_left_behind_does_not_count_later(at: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    at = clicked_and_cut_short(at)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 3600)
    assert "gone" not in at.run().session_state


@pytest.mark.parametrize("what", ["library", "encoder"])
def test_one_that_meant_another_library_or_encoder_does_not_count(at: AppTest, what: str) -> None:
    at = clicked_and_cut_short(at)
    setattr(state_of(at, Choice), what, "another")
    assert "gone" not in at.run().session_state


def test_nor_does_one_of_a_button_that_is_off_by_then(at: AppTest) -> None:
    at = clicked_and_cut_short(at)
    at.session_state["off"] = True
    at.run()
    at.session_state["off"] = False
    assert "gone" not in at.run().session_state
