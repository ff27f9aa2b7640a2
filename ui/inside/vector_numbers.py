"""The numbers of a vector, and how those of two vectors add up to their cosine."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from core import Encoder, Library
from core.encoders.base import Vectors
from core.geometry.attribution import compute_contributions, compute_products, get_encoder_parts
from core.geometry.distance import embed_terms
from core.plots.vectors import vector_numbers
from core.search.query import query_state
from ui.session.cache import get_cached
from ui.session.encoders import load_encoder
from ui.text import counted, percent
from ui.widgets.code_block import in_python, opening
from ui.widgets.item_picker import get_term_name, pick_item
from ui.widgets.query.default_terms import example_item, example_words, term_code


def vector_section(library: Library, encoder: Encoder) -> None:
    words = example_words(library, encoder, "a", "b")
    left, right = st.columns(2, gap="medium")
    with left:
        one = pick_item(
            "One thing", "a", library=library, encoder=encoder, default=example_item(library, encoder, "a", words)
        )
    with right:
        other = pick_item("Another (or nothing)", "b", library=library, encoder=encoder, default=words)
    if one is None:
        st.info("Type words, or choose a picture, to see its vector.", icon=":material/edit:")
        return
    terms = [one] if other is None else [one, other]
    load_encoder(encoder)
    index = library.index(encoder)
    key = (encoder.id, tuple(terms), query_state(encoder, terms))
    vectors = get_cached("inside vectors", key, index, lambda: embed_terms(encoder, index, terms))
    parts = get_encoder_parts(encoder)
    rows = [(get_term_name(library, term), vector) for term, vector in zip(terms, vectors, strict=True)]
    if len(vectors) == 2:
        rows.append(("Products, number by number: their sum is the cosine", vectors[0] * vectors[1]))
    st.markdown(_said(vectors))
    st.plotly_chart(
        vector_numbers(rows, parts), key="numbers", config={"displayModeBar": False}, alt="The numbers of the vectors"
    )
    st.caption(
        f"Each vector has {counted(encoder.dim, 'number')} and length 1, so only its direction counts. Meaning "
        "is spread "
        "over many numbers." + (" Dotted lines separate the parts of this encoder." if len(parts) > 1 else "")
    )
    if len(parts) > 1:
        _parts(encoder, vectors)
    _code(library, encoder, [term_code(term) for term in terms])


def _said(vectors: Vectors) -> str:
    if len(vectors) == 1:
        strongest = int(np.abs(vectors[0]).argmax())
        return f"The largest number is number {strongest}: {vectors[0][strongest]:+.3f}."
    found = compute_products(vectors[0], vectors[1])
    said = (
        f"The cosine is **{found.cosine:.3f}**: {counted(found.pulling, 'number')} raise it, "
        f"{counted(found.pushing, 'number')} lower it."
    )
    if not found.enough:
        return said
    return f"{said} The {found.enough:,} largest products alone add up to as much; the rest cancel each other out."


def _parts(encoder: Encoder, vectors: Vectors) -> None:
    rows = [
        {
            "part": contribution.part.name,
            "numbers": f"{contribution.part.start} to {contribution.part.stop - 1}".removesuffix(
                f" to {contribution.part.start}"
            ),
            "adds to the cosine": contribution.cosine,
            "of the first": percent(contribution.first),
            "of the second": percent(contribution.second),
            "what it is": contribution.part.about,
        }
        for contribution in compute_contributions(get_encoder_parts(encoder), vectors[0], vectors[-1])
    ]
    length = "Share of the squared length of the vector"
    pair = ("adds to the cosine", "of the second") if len(vectors) == 1 else ()
    columns: dict[str, Any] = {
        "adds to the cosine": st.column_config.NumberColumn(format="%.3f"),
        "of the first": st.column_config.Column(help=length),
        "of the second": st.column_config.Column(help=length),
    }
    st.dataframe(rows, hide_index=True, key="parts", column_config=columns | dict.fromkeys(pair))


def _code(library: Library, encoder: Encoder, terms: list[str]) -> None:
    in_python(
        f"""{opening(library, encoder)}
from core import Term
from core.geometry import compute_contributions, embed_terms, get_encoder_parts

vectors = embed_terms(encoder, library.index(encoder), [{", ".join(terms)}])
print(vectors @ vectors.T)  # cosines
for contribution in compute_contributions(get_encoder_parts(encoder), vectors[0], vectors[-1]):
    print(contribution.part.name, contribution.cosine)
"""
    )
