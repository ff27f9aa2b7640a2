"""Analogies: a - b + c, in words, pictures, or both."""

from __future__ import annotations

import streamlit as st

from core import Encoder, Library
from core.geometry.analogy import AnalogyTrial, solve_analogy, try_analogies
from core.progress import Task
from core.search.query import query_state
from ui.distance.directions import nearest_gallery
from ui.jobs.tasks import task_button
from ui.session.cache import get_cached
from ui.text import percent, plain
from ui.widgets.details import sampled_text
from ui.widgets.item_picker import pick_item, set_item
from ui.widgets.query.default_terms import ready_words, term_code

_KEYS = ("plus", "minus", "also")
_CANDIDATES = (
    ("a man", "a woman", "a girl", "a boy"),
    ("a woman", "a man", "a boy", "a girl"),
    ("a king", "a man", "a woman", "a queen"),
    ("snow", "grass", "a dog on grass", "a dog in the snow"),
    ("night", "day", "a city street", "a city at night"),
    ("a crowd", "a person", "a dog", "many dogs"),
    ("a child", "an adult", "a man", "a boy"),
    ("water", "land", "a dog running", "a dog swimming"),
    ("a bicycle", "a car", "a man in a car", "a man on a bicycle"),
    ("red", "blue", "a blue car", "a red car"),
    ("black", "white", "a white dog", "a black dog"),
    ("winter", "summer", "a forest", "a snowy forest"),
    ("sitting", "running", "a dog running", "a dog sitting"),
    ("the sea", "a city", "a street", "a beach"),
    ("a kitten", "a cat", "a dog", "a puppy"),
    ("indoors", "outdoors", "children playing", "children in a room"),
)
_OFFERED = 6
_SHOWN = 8


def analogy_section(library: Library, encoder: Encoder) -> str:
    """Three pickers and the result; returns the lines of Python. Raises QueryError."""
    labels = ("Start", "minus", "plus")
    defaults = ("a woman", "a man", "a boy")
    terms = []
    for column, label, key, default in zip(st.columns(3, gap="medium"), labels, _KEYS, defaults, strict=True):
        with column:
            terms.append(pick_item(label, key, library=library, encoder=encoder, default=default))
    a, b, c = terms
    _examples(library, encoder)
    if a is None or b is None or c is None:
        st.info("Choose all three: words, or pictures, or both.", icon=":material/edit:")
        return ""
    ready_words(encoder)
    found = get_cached(
        "analogy",
        (encoder.id, a, b, c, query_state(encoder, [a, b, c])),
        library.index(encoder),
        lambda: solve_analogy(library, encoder, a, b, c, nearest=_SHOWN),
    )
    st.markdown("#### In pictures")
    nearest_gallery(found.items, key="analogy_gallery")
    if len(found.items) == _SHOWN:
        st.caption(
            f"{found.alone} of these {len(found.items)} are also nearest to the third thing alone: "
            + ("the other two hardly moved it." if found.alone > len(found.items) / 2 else "the other two moved it.")
        )
    st.markdown("#### In words")
    st.markdown(" · ".join(f"{plain(word)} :gray[{cosine:.2f}]" for word, cosine in found.words))
    st.caption("The nearest of some 1,500 reference phrases, without the typed ones. The number is the cosine.")
    return f"""from core import Term
from core.geometry import solve_analogy

found = solve_analogy(library, encoder, {term_code(a)}, {term_code(b)}, {term_code(c)})
print([near.item.path for near in found.items], found.words)
"""


def _examples(library: Library, encoder: Encoder) -> None:
    def work(task: Task) -> list[AnalogyTrial]:
        return try_analogies(library, encoder, _CANDIDATES, task=task)

    with st.expander("Which analogies work on this library?", icon=":material/fact_check:"):
        index = library.index(encoder)
        tried = task_button(
            "analogies", f"Try {len(_CANDIDATES)}", work, title="Trying analogies", about=(library.path, encoder.id),
            state=index, note="Each has a known answer, which is also searched for and compared.",
        )  # fmt: skip
        if tried is None:
            return
        works = [entry for entry in tried if entry.works]
        st.markdown(
            f"**{len(works)} of {len(tried)}** lead nearer to the expected pictures than the added phrase alone.",
            help="This is arithmetic on meanings, not reasoning: it adds and subtracts what a phrase mentions, and "
            "often one part alone does as well. An analogy about things that are not in this library still finds the "
            "nearest pictures.",
        )
        for number, entry in enumerate(works[:_OFFERED]):
            with st.container(horizontal=True, vertical_alignment="center", key=f"tried {number}"):
                label = f"{entry.a} − {entry.b} + {entry.c}"
                st.button(label, key=f"try {number}", on_click=_take, args=(entry,))
                st.caption(
                    f"expected: {entry.target}. Mean rank of its pictures: from {percent(entry.before)} to "
                    f"{percent(entry.after)} of the library (0 %: first)."
                )
        st.caption(f"Ranks are means over the ten pictures nearest to the expected answer{sampled_text(index)}.")


def _take(tried: AnalogyTrial) -> None:
    for key, words in zip(_KEYS, (tried.a, tried.b, tried.c), strict=True):
        set_item(key, words)
