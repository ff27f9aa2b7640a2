"""Shows errors to the visitor."""

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
    """Show an expected error as one line and any other as an apology; what was cancelled is no error."""
    try:
        yield
    except Cancelled as error:
        st.caption(plain(str(error)))
    except SemblanceError as error:
        st.error(plain(str(error)), icon=":material/error:")
    except Exception:
        _LOG.exception("A page failed")
        st.error(
            "Something went wrong on our side. Reload the page; details are in the server log.",
            icon=":material/error:",
        )
