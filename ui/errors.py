"""Errors as a visitor reads them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core import SemblanceError
from core.errors import Cancelled
from ui.text import plain

_LOG = logging.getLogger("semblance")


@contextmanager
def boundary() -> Iterator[None]:
    """Turns errors into something a visitor can read: its one line for an expected one, an apology for any other.
    That something was stopped is none."""
    try:
        yield
    except Cancelled as error:
        st.caption(plain(str(error)))
    except SemblanceError as error:
        st.error(plain(str(error)), icon=":material/error:")
    except Exception:
        _LOG.exception("A page failed")
        st.error(
            "Something went wrong, and it is not your doing. Reload the page; the server's log says what happened.",
            icon=":material/error:",
        )
