"""Where words are learned from: a simulated text, a text of one's own, or the documents of the library."""

from __future__ import annotations

import hashlib
from functools import partial

import streamlit as st

from core.learn.source import Source
from core.learn.words.documents import MOST_BYTES, read_library, read_text
from core.learn.words.sample import WORDS, sample_text
from core.learn.words.text import CONTEXTS, MOST_WORDS, Context, make_text
from core.policy import MB
from core.progress import Task
from ui.learn.source import Choice
from ui.session.current import current_library
from ui.text import file_limit

_SIMULATED, _OWN, _LIBRARY = "a simulated text", "your text", "the library"
_PREDICTED: dict[str, Context] = {"the next word": "before", "a missing word": "around"}


def word_source() -> Choice | None:
    """The chosen text; None while there is none."""
    library = current_library()
    ways = [_SIMULATED, _OWN, *([_LIBRARY] if library is not None and library.passage_ids() else [])]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        way = st.segmented_control(
            "Learn from", ways, default=_SIMULATED, required=True, key="text_from", bind="query-params"
        )
        predicted = st.segmented_control(
            "Predict", list(_PREDICTED), default=next(iter(_PREDICTED)), required=True, key="predict",
            bind="query-params", help="The next: from the five before it. A missing one: from five on either side.",
        )  # fmt: skip
    context = _PREDICTED[predicted]
    if way == _OWN:
        return _own_text(context)
    if way == _LIBRARY and library is not None:
        st.caption(f"All documents of the library, up to {MOST_WORDS:,} words.")
        lines = (
            "from core import Library\nfrom core.learn.words import read_library\n\n"
            f"source = read_library(Library({str(library.path)!r}){_argument(context)})"
        )
        return Choice(
            "words", f"{library.path} {context}", lambda task: read_library(library, context=context, task=task), lines
        )
    return _simulated_text(context)


def _simulated_text(context: Context) -> Choice:
    st.caption(
        f":material/science: **Simulated.** {WORDS:,} words: simple sentences about animals, food, jobs, countries and "
        "the like, composed at random."
    )
    with st.expander("How the text is written", icon=":material/casino:"):
        st.markdown(
            "Each sentence has a subject, such as animals, and a thing of it, such as a cow. Sentences of a subject "
            "have gaps: “The {animal} eats {food}.” They are filled with what belongs to that thing. The layer only "
            "gets the words in their order, as numbers; subjects are used for the colors and to measure with."
        )
    lines = f"from core.learn.words import sample_text\n\nsource = sample_text({_argument(context).removeprefix(', ')})"
    return Choice("words", f"simulated {context}", lambda task: sample_text(context=context), lines)


def _own_text(context: Context) -> Choice | None:
    file = st.file_uploader(
        "A text file", type=["txt", "md"], key="text_file", max_upload_size=file_limit(MOST_BYTES // MB)
    )
    pasted = st.text_area("Or paste a text", key="text_pasted", height=120, disabled=file is not None)
    data, name = (file.getvalue(), file.name) if file is not None else (pasted.encode(), "")
    if not data.strip():
        st.caption("100,000 words or more are good: a book. Of a few pages little can be learned.")
        return None
    key = f"{hashlib.blake2b(data, digest_size=12).hexdigest()} {context}"
    lines = f"""from pathlib import Path

from core.learn.words import read_text

source = read_text(Path("my-text.txt").read_bytes(){_argument(context)})"""
    return Choice("words", key, partial(_read, data, name, context), lines)


def _read(data: bytes, name: str, context: Context, task: Task) -> Source:
    if name:
        return read_text(data, name=name, context=context)
    return make_text(data.decode(), name="The pasted text", context=context)


def _argument(context: Context) -> str:
    return "" if context == CONTEXTS[0] else f", context={context!r}"
