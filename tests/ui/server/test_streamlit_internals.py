"""The installed Streamlit still has the internals that the app relies on."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any

import pytest
import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import ScriptRunContext, get_script_run_ctx
from streamlit.runtime.state.query_params import QueryParams

from ui.server.streamlit_internals import current_session_id

INTERNALS: dict[str, Callable[[], Any]] = {
    "runtime.exists()": lambda: inspect.signature(runtime.exists).bind(),
    "runtime.get_instance()": lambda: inspect.signature(runtime.get_instance).bind(),
    "Runtime.is_active_session(id)": lambda: inspect.signature(runtime.Runtime.is_active_session).bind(None, "id"),
    "Runtime.media_file_mgr.add(data, mimetype, coordinates)": lambda: inspect.signature(
        inspect.signature(runtime.Runtime.media_file_mgr.fget, eval_str=True).return_annotation.add
    ).bind(None, b"", "image/png", "key"),
    "get_script_run_ctx()": lambda: inspect.signature(get_script_run_ctx).bind(),
    "the session_id of a script run context": lambda: next(
        entry for entry in dataclasses.fields(ScriptRunContext) if entry.name == "session_id"
    ),
    "QueryParams.remove_param(name) and what widgets begin with": lambda: (
        inspect.signature(QueryParams.remove_param).bind(QueryParams(), "name"),
        QueryParams()._initial_query_params,
    ),
    "st.components.v2.component": lambda: st.components.v2.component,
    "bind=, which stores a widget in the link": lambda: [
        inspect.signature(widget).parameters["bind"]
        for widget in (st.text_input, st.slider, st.toggle, st.selectbox, st.segmented_control, st.number_input)
    ],
}


@pytest.mark.parametrize("name", INTERNALS)
def test_the_installed_streamlit_has(name: str) -> None:
    try:
        INTERNALS[name]()
    except Exception as error:
        pytest.fail(f"Streamlit {st.__version__} has no {name} ({error!r}): adapt ui/server/streamlit_internals.py")


def test_outside_a_run_there_is_no_session() -> None:
    assert current_session_id() == ""
