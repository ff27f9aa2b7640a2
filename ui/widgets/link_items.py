"""What a link carries beside the state of its page: items that were liked or ticked, as many as an address can hold.

They stand in one parameter, `carried=liked:ID.ID;disliked:ID;turn:3`, which is taken over once and then leaves the
address: whoever passes that on passes on nothing of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from ui.components.copy_link.copy_link import copy_link_with
from ui.session.libraries import VISIT
from ui.text import counted

MOST = 100  # items under one name
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
    """A button that copies the page's link with these items in it, the last `MOST` under each name. named: ids by name;
    number: one to go with them, and its name. what: they are called, such as "likes". wide: as its surroundings."""
    if st.session_state.get("library") == VISIT:
        return  # nobody else could open it
    parts = [f"{name}:{'.'.join(ids[-MOST:])}" for name, ids in named.items() if ids]
    sample = bool(parts)
    if number is not None:
        parts.append(f"{number[0]}:{number[1]}")
    copy_link_with({_NAME: ";".join(parts)}, key=key, label=f"Copy a link with the {what}", off=not sample, wide=wide)
    left_out = sum(max(0, len(ids) - MOST) for ids in named.values())
    if left_out:
        st.caption(f"A link carries the last {MOST} of a kind: {counted(left_out, 'earlier one')} stay out of it.")


def read_carried(*names: str) -> dict[str, list[str]]:
    """What the page's link carries under these names, at most `MOST` ids each; empty once it has been taken over."""
    text = st.query_params.get(_NAME, "")
    if text in st.session_state.get(_TAKEN, ()):  # somebody went back to it
        return {}
    found = {}
    for part in text.split(";"):
        name, _, ids = part.partition(":")
        if name in names:
            found[name] = [entry for entry in ids.split(".") if entry][:MOST]
    return found


def parse_number(texts: Sequence[str]) -> int:
    """The number from 0 that was carried; 0 where it is none."""
    text = texts[0] if texts else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def report_taken_over(what: str, lost: int, noun: str) -> None:
    """What the link carries is this visit's from now on, and in its address no more; a note says so.

    what: it was; lost: how much of it is not here, and what one of that is called.
    """
    st.session_state.setdefault(_TAKEN, set()).add(st.query_params.get(_NAME, ""))
    st.query_params.pop(_NAME, None)
    st.toast(f"{what} came with the link." + (f" Not found here: {counted(lost, noun)}." if lost else ""))
