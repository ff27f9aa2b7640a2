"""All uses of Streamlit beyond its public API. Its tests check them against the installed version."""

from __future__ import annotations

from streamlit import config, runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx


def server_runs() -> bool:
    """Whether a Streamlit server runs in this process."""
    return runtime.exists()


def is_active_session(session_id: str) -> bool:
    """Whether the browser of a session is connected. Needs a server."""
    return runtime.get_instance().is_active_session(session_id)


def current_session_id() -> str:
    """The session that runs the page; empty outside a run."""
    context = get_script_run_ctx()
    return context.session_id if context else ""


def limit_uploads(megabytes: int) -> None:
    """The largest file that the server takes, also from programs that ask no page."""
    if config.get_option("server.maxUploadSize") > megabytes:
        config.set_option("server.maxUploadSize", megabytes)


def forget_parameter(name: str) -> None:
    """Takes a parameter out of the link, and out of what widgets that are bound to it begin with."""
    context = get_script_run_ctx()
    if context is not None:
        with context.session_state.query_params() as parameters:
            parameters.remove_param(name)
            parameters._initial_query_params.pop(name, None)


def add_media_file(media: str | bytes, kind: str, coordinates: str) -> str:
    """Serves a file (a path) or bytes; returns the URL path. Needs a server.

    kind: MIME type. coordinates: the element that the file belongs to; a later file of the element replaces it.
    """
    return runtime.get_instance().media_file_mgr.add(media, kind, coordinates)
