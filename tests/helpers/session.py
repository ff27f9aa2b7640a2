"""What a page keeps for a session, for tests that read or prepare it."""

from __future__ import annotations

from typing import TypeVar

from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Selectbox

from ui.session.state import state_key
from ui.widgets.details import DetailsState

T = TypeVar("T")


def state_of(at: AppTest, kind: type[T]) -> T:
    """The state object of a class, as pages get it; made with its defaults on first use."""
    key = state_key(kind)
    if key not in at.session_state:
        at.session_state[key] = kind()
    state: T = at.session_state[key]
    return state


def request_details(at: AppTest, item_id: str) -> None:
    """As a click on a picture: the details open in the next run."""
    state_of(at, DetailsState).requested = item_id


def picker(at: AppTest, label: str) -> Selectbox[str]:
    """A picker of the sidebar, "Library" or "Encoder": its key changes with each switch from outside it."""
    (found,) = (box for box in at.sidebar.selectbox if box.label == label)
    return found
