"""Items that a link names: what was liked or ticked, as far as an address can carry it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import streamlit as st

from ui.copy_link import copy_link_with
from ui.libraries import VISIT
from ui.page import counted

MOST = 100  # items under one name


def link_with(
    named: Mapping[str, Sequence[str]],
    *,
    number: tuple[str, int] | None = None,
    key: str,
    what: str,
) -> None:
    """A button that copies the page's link with these items in it, the last `MOST` under each name. named: ids by the
    name of a parameter; number: one to go with them, and its name. what: they are called, such as "likes"."""
    if st.session_state.get("library") == VISIT:
        return  # nobody else could open it
    adds = {name: ".".join(ids[-MOST:]) for name, ids in named.items()}
    some = any(adds.values())
    if number is not None:
        adds[number[0]] = str(number[1])
    left_out = sum(max(0, len(ids) - MOST) for ids in named.values())
    copy_link_with(adds, key=key, label=f"Copy a link with the {what}", off=not some)
    if left_out:
        st.caption(f"A link carries the last {MOST} of a kind: {counted(left_out, 'earlier one')} stay out of it.")


def linked(names: Iterable[str]) -> dict[str, list[str]]:
    """The ids that the page's link names under these parameters, at most `MOST` each; those without any left out."""
    texts = {name: st.query_params.get(name, "") for name in names}
    return {name: [each for each in text.split(".") if each][:MOST] for name, text in texts.items() if text}


def number_linked(name: str) -> int:
    """The number from 0 that the page's link has under a name; 0 where there is none."""
    text = st.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def forget_linked(names: Iterable[str]) -> None:
    """Takes these parameters out of the address, once what they name has been taken over: whoever passes the address on
    passes on nothing of it."""
    for name in names:
        st.query_params.pop(name, None)
