"""Items in a link: those liked or selected, as many as an address can hold.

They are in one parameter, `carried=liked:ID.ID;disliked:ID;turn:3`, which is read once and then removed from the
address, so that passing the address on does not pass them on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from core.library.public.keyed_ids import seal, unseal
from ui.components.copy_link.copy_link import copy_link_with
from ui.session.libraries import VISIT
from ui.text import counted

MOST = 200  # items under one name
_NAME = "carried"
_TAKEN = "links taken over"


def link_with(
    named: Mapping[str, Sequence[str]],
    *,
    number: tuple[str, int] | None = None,
    key: str,
    what: str,
    wide: bool = True,
) -> None:
    """A button that copies the page's link with the last `MOST` items of each name.

    named: ids by name. number: an additional (name, number). what: for the label, such as "likes". wide: whether it
    fills its container.
    """
    if st.session_state.get("library") == VISIT:
        return  # nobody else could open it
    parts = [f"{name}:{'.'.join(map(seal, ids[-MOST:]))}" for name, ids in named.items() if ids]
    any_items = bool(parts)
    if number is not None:
        parts.append(f"{number[0]}:{number[1]}")
    copy_link_with({_NAME: ";".join(parts)}, key=key, label=f"Copy link with {what}", off=not any_items, wide=wide)
    left_out = sum(max(0, len(ids) - MOST) for ids in named.values())
    if left_out:
        st.caption(f"A link holds the last {MOST} of each kind; {counted(left_out, 'earlier one')} left out.")


def read_carried(*names: str) -> dict[str, list[str]]:
    """The ids under these names in the page's link, at most `MOST` each; empty once they were read."""
    text = st.query_params.get(_NAME, "")
    if text in st.session_state.get(_TAKEN, ()):  # the visitor went back to it
        return {}
    carried = {}
    for part in text.split(";"):
        name, _, ids = part.partition(":")
        if name in names:
            carried[name] = [unseal(item_id) for item_id in ids.split(".") if item_id][:MOST]
    return carried


def parse_number(texts: Sequence[str]) -> int:
    """The non-negative number in a link; 0 if there is none."""
    text = texts[0] if texts else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def report_taken_over(what: str, lost: int, noun: str) -> None:
    """Remove the items from the address, now that the session holds them, and show a note.

    what: the items in words. lost: how many are not in this library; noun: what one of these is called.
    """
    st.session_state.setdefault(_TAKEN, set()).add(st.query_params.get(_NAME, ""))
    st.query_params.pop(_NAME, None)
    st.toast(f"{what} came with the link." + (f" Not found here: {counted(lost, noun)}." if lost else ""))
