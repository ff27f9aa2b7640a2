"""The distance between a few things, compared with all pairs of the library."""

from __future__ import annotations

from itertools import combinations

import streamlit as st

from core import Encoder, Library, Term
from core.geometry.distance import (
    Distance,
    PairCosines,
    PairKind,
    compute_cosine_table,
    embed_terms,
    measure_distance,
    sample_pair_cosines,
)
from core.library.index import VectorIndex
from core.plots.space import PAIR_NAMES, cosine_grid, pair_histogram
from ui.session.cache import get_cached
from ui.text import percent
from ui.widgets.details import sampled_text
from ui.widgets.item_picker import get_term_name, pick_item, sample_terms
from ui.widgets.query.default_terms import ready_words, term_code

_KEYS = "abcdef"
_SAID: dict[PairKind, str] = {
    kind: name if kind == "words" else f"{name} of this library" for kind, name in PAIR_NAMES.items()
}


def get_usual_pairs(library: Library, encoder: Encoder) -> PairCosines:
    """The usual cosines of pairs; with a new encoder its reference prompts are embedded first, with a progress bar."""
    index = library.index(encoder)
    return get_cached("usual pairs", encoder.id, index, lambda: _usual(library, encoder))


def _usual(library: Library, encoder: Encoder) -> PairCosines:
    ready_words(encoder)
    return sample_pair_cosines(encoder, library.index(encoder))


def distance_section(library: Library, encoder: Encoder) -> str:
    """Pickers, figures and the histogram; returns the lines of Python. Raises QueryError."""
    count: int = st.segmented_control(
        "How many things", range(2, len(_KEYS) + 1), default=3, required=True, key="things", bind="query-params"
    )
    picked = _pick(library, encoder, count)
    terms = list(picked.values())
    if len(terms) < 2:
        st.info("Choose at least two things: type words or choose pictures.", icon=":material/edit:")
        return ""
    usual = get_usual_pairs(library, encoder)
    names = [get_term_name(library, term) for term in terms]
    first, second = _pair(names)
    distance = measure_distance(encoder, library.index(encoder), terms[first], terms[second], usual)
    _show_distance(distance)
    left, right = st.columns([3, 2] if len(terms) > 2 else [1, 0.001], gap="medium")
    with left:
        figure = pair_histogram(usual, distance, title="Usual cosines of two things")
        st.plotly_chart(figure, key="pairs", config={"displayModeBar": False}, alt="Cosines of pairs of each kind")
    if len(terms) > 2:
        with right:
            cosines = compute_cosine_table(embed_terms(encoder, library.index(encoder), terms))
            figure = cosine_grid("".join(picked), [name.removeprefix("the ") for name in names], cosines)
            st.plotly_chart(figure, key="grid", config={"displayModeBar": False}, alt="A table of cosines")
    _how_to_read(usual, library.index(encoder))
    return _code(terms[first], terms[second])


def _how_to_read(usual: PairCosines, index: VectorIndex) -> None:
    typical = [(_SAID[kind], usual.typical(kind)) for kind in usual.by_kind]
    halves = ", ".join(f"{cosine:z.2f} for {said}" for said, cosine in typical if cosine is not None)
    st.caption(
        f"The median cosine is {halves}.",
        help="Compare a cosine with pairs of its own kind and of the same encoder only. Phrases: some 1,500 reference "
        f"phrases. Each curve: 20,000 random pairs{sampled_text(index)}.",
    )


def _pick(library: Library, encoder: Encoder, count: int) -> dict[str, Term]:
    """The things by their letters."""
    defaults = ["a dog", "a cat", *sample_terms(library, encoder, 1), "a red car", "music", "the sea", "a person"]
    found: dict[str, Term] = {}
    for first in range(0, count, 3):
        keys = _KEYS[first : min(first + 3, count)]
        for place, column in enumerate(st.columns(len(keys), gap="medium"), start=first):
            with column:
                key = _KEYS[place]
                term = pick_item(key.upper(), key, library=library, encoder=encoder, default=defaults[place])
            if term is not None:
                found[key.upper()] = term
    return found


def _pair(names: list[str]) -> tuple[int, int]:
    pairs = list(combinations(range(len(names)), 2))
    if len(pairs) == 1:
        return pairs[0]
    return st.selectbox(
        "Pair",
        pairs,
        key=f"pair of {len(names)}",
        format_func=lambda pair: " and ".join(names[n] for n in pair),
    )


def _show_distance(distance: Distance) -> None:
    with st.container(horizontal=True, gap="large", key="distance_figures"):
        st.metric("Cosine, -1 to 1", f"{distance.cosine:.3f}", width="content")
        st.metric("Angle", f"{distance.angle_deg:.1f}°", width="content")
        st.metric("Euclidean distance, 0 to 2", f"{distance.euclidean:.3f}", width="content")
    kind = _SAID[distance.kind]
    if distance.share_below is None:
        st.markdown(f"There are too few pictures to estimate the usual cosine of {kind}.")
    else:
        st.markdown(f"#### More similar than {share_text(distance.share_below)} of all pairs of {kind}")


def share_text(share: float) -> str:
    """A share of many pairs in percent, never 0 or 100."""
    if share > 0.995:
        return "more than 99 %"
    return "less than 1 %" if share < 0.005 else percent(share)


def _code(one: Term, other: Term) -> str:
    return f"""from core import Term
from core.geometry import measure_distance, sample_pair_cosines

index = library.index(encoder)
usual = sample_pair_cosines(encoder, index)
print(measure_distance(encoder, index, {term_code(one)}, {term_code(other)}, usual))
"""
