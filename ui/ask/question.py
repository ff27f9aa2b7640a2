"""The question: its field, the question before that a follow-up leans on, and examples. The link holds both."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core import Library
from core.ask import Reply, suggest_questions
from ui.session.cache import get_cached
from ui.session.state import get_state
from ui.text import plain

_BEFORE = "last"  # the parameter of the link


@dataclass(slots=True)
class AskState:
    """before: the question that a follow-up leans on; None until the link was read."""

    before: str | None = None


def question_box() -> str:
    """The field of the question; returns what was asked."""
    question = st.text_input(
        "Your question",
        key="q",
        bind="query-params",
        type="search",
        placeholder="When was the bridge built?",
        on_change=_forget_before,
    )
    return " ".join((question or "").split())


def get_before() -> str:
    """The question before, "" for none."""
    state = get_state(AskState)
    if state.before is None:
        state.before = st.query_params.get(_BEFORE, "")
    return state.before


def follow_up_box(reply: Reply) -> None:
    """The field of a follow-up. What leans on nothing is asked by itself all the same."""
    st.text_input(
        "Ask on",
        key="follow",
        placeholder="And who built it?",
        on_change=_follow,
        args=(reply.after or reply.question,),
        help="“It”, “there” or “and ...” then mean what the last question was about.",
    )


def show_before(reply: Reply) -> None:
    """Say which question this one was asked with, and offer to ask it alone. Writes the link."""
    if not reply.after:
        st.query_params.pop(_BEFORE, None)
    else:
        st.query_params[_BEFORE] = reply.after
        with st.container(horizontal=True, vertical_alignment="center", key="asked_with"):
            st.markdown(f":gray[Asked together with “{plain(reply.after)}”]", width="content")
            st.button("Ask it alone", on_click=_forget_before, type="tertiary")


def show_examples(library: Library, index: object) -> None:
    """Buttons that ask an example, made from the library's texts if it has any."""
    questions = get_cached("questions", None, index, lambda: suggest_questions(library))
    if not questions:
        return
    st.markdown("Try one of these:")
    with st.container(horizontal=True, key="examples"):
        for example in questions:
            st.button(plain(example), key=f"example {example}", on_click=_ask, args=(example,))


def _ask(question: str) -> None:
    st.session_state["q"] = question
    _forget_before()


def _follow(before: str) -> None:
    question = (st.session_state["follow"] or "").strip()
    if question:
        st.session_state["q"], st.session_state["follow"] = question, ""
        get_state(AskState).before = before


def _forget_before() -> None:
    get_state(AskState).before = ""
