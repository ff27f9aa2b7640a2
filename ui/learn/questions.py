"""Questions to an embedding of words: an analogy, and the word that does not belong."""

from __future__ import annotations

import streamlit as st

from core.errors import DataError
from core.learn.state import Embedding
from core.learn.words.probes import find_odd_one_out, find_word, solve_analogy
from core.learn.words.text import Vocabulary
from ui.text import plain

_ANALOGY = ("boy", "girl", "son")
_ODD = "apple, cherry, train, peach"


def questions_section(words: Vocabulary, embedding: Embedding) -> None:
    """What the layer answers to an analogy, and which of some words it finds the odd one."""
    st.subheader("Ask the numbers", anchor=False)
    left, right = st.columns(2)
    with left:
        _analogy(words, embedding)
    with right:
        _odd_one_out(words, embedding)


def _analogy(words: Vocabulary, embedding: Embedding) -> None:
    known = all(word in words.names for word in _ANALOGY)
    defaults = _ANALOGY if known else ("", "", "")
    labels = ("A word", "is to", "as")
    with st.container(horizontal=True, key="learn_analogy"):
        asked = [
            st.text_input(label, default, key=f"analogy_{place}", width=120)
            for place, (label, default) in enumerate(zip(labels, defaults, strict=True))
        ]
    if not all(asked):
        st.caption("An analogy: the fourth word is searched at the second minus the first plus the third.")
        return
    try:
        a, b, c = (find_word(words, word) for word in asked)
    except DataError as error:
        st.caption(plain(str(error)))
        return
    found = solve_analogy(embedding, a, b, c)
    first, *others = (words.name(number) for number, _ in found)
    st.markdown(f"{plain(asked[0])} is to {plain(asked[1])} as {plain(asked[2])} is to **{plain(first)}**")
    st.caption(
        f"Nearest to {plain(asked[1])} − {plain(asked[0])} + {plain(asked[2])}; then {plain(', '.join(others))}."
    )


def _odd_one_out(words: Vocabulary, embedding: Embedding) -> None:
    known = all(word.strip() in words.names for word in _ODD.split(","))
    asked = st.text_input("Which word does not belong?", _ODD if known else "", key="odd")
    listed = [word for word in asked.replace(",", " ").split() if word]
    if not listed:
        st.caption("Some words, such as three of a kind and one of another.")
        return
    try:
        odd, means = find_odd_one_out(embedding, [find_word(words, word) for word in listed])
    except DataError as error:
        st.caption(plain(str(error)))
        return
    st.markdown(f"**{plain(words.name(odd))}** does not belong")
    said = ", ".join(f"{plain(word)} {mean:z.2f}" for word, mean in zip(listed, means, strict=True))
    st.caption(f"Mean cosine with the others: {said}.")
