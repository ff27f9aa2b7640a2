"""The modality gap between words and pictures: its size, and the effect of closing it on scores and retrieval."""

from __future__ import annotations

import streamlit as st

from core import Encoder, Library
from core.encoders.reference_prompts import embed_reference_prompts
from core.geometry.distance import PairCosines, PairKind, compute_pair_cosines
from core.geometry.modality_gap import (
    NEAREST,
    ClosedGap,
    Gap,
    close_gap,
    measure_caption_closing,
    measure_gap,
    measure_kept_neighbors,
)
from core.plots.space import PAIR_NAMES, closing_lines, pair_histogram
from core.progress import Task
from ui.jobs.tasks import task_button
from ui.session.cache import get_cached
from ui.text import counted, percent
from ui.widgets.details import sampled_text
from ui.widgets.query.default_terms import ready_words
from ui.widgets.reference_data import captions_section


def gap_section(library: Library, encoder: Encoder) -> str:
    """Figures, slider and histograms; returns the lines of Python. Raises DataError."""
    ready_words(encoder)
    index = library.index(encoder)
    words, pictures = embed_reference_prompts(encoder), index.background
    share = st.slider(
        "Gap closed, in percent", 0, 100, 0, 5, key="share", bind="query-params", format="%d %%",
        help="Words and pictures are moved toward the midpoint of their means, then scaled to length 1 again.",
    ) / 100  # fmt: skip

    def compute() -> tuple[Gap, PairCosines, float]:
        moved = close_gap(words, pictures, share)
        return measure_gap(*moved), compute_pair_cosines(*moved), measure_kept_neighbors(words, pictures, share)

    gap, usual, neighbors = get_cached("gap", (encoder.id, share), index, compute)
    _figures(gap)
    st.plotly_chart(
        pair_histogram(usual, title=f"Cosines of pairs, {_closed_text(share)}"), key="gap_pairs",
        config={"displayModeBar": False}, alt="Cosines of pairs of each kind",
    )  # fmt: skip
    if len(pictures) > NEAREST:
        st.markdown(
            f"Of the ten pictures nearest to a phrase, **{percent(neighbors)}** are the same as without closing."
        )
    st.caption(
        f"Words: some 1,500 reference phrases. Pictures: those of the library{sampled_text(index)}.",
        help="CLIP models learn that a phrase is nearer to its own picture than other phrases are. Nothing makes both "
        "kinds share one mean, so they start apart and stay apart: two phrases are usually nearer to each other than "
        "a phrase to its own picture. A search is hardly affected, since it ranks pictures only; a mixed list is. The "
        "embedded encoder was trained on both sides together and has a small gap; choose another encoder to compare.",
    )
    _captions(library, encoder)
    return f"""from core.encoders.reference_prompts import embed_reference_prompts
from core.geometry import close_gap, measure_gap

words, pictures = embed_reference_prompts(encoder), library.index(encoder).background
print(measure_gap(words, pictures))
print(measure_gap(*close_gap(words, pictures, {share:g})))
"""


def _figures(gap: Gap) -> None:
    with st.container(horizontal=True, gap="large", key="gap_figures"):
        st.metric("Size of the gap, 0 to 2", f"{gap.size:.2f}", width="content",
                  help="The distance of the two means (Liang et al. 2022).")  # fmt: skip
        st.metric("Separated by a plane", percent(gap.separability), width="content",
                  help="Share of words and pictures on the correct side of the plane halfway between the means; "
                  "50 % is chance.")  # fmt: skip
    means: dict[PairKind, float | None] = {
        "pictures": gap.within_pictures, "word and picture": gap.across, "words": gap.within_words
    }  # fmt: skip
    cosines = [f"{PAIR_NAMES[kind]} **{cosine:z.2f}**" for kind, cosine in means.items() if cosine is not None]
    st.markdown(f"Mean cosine of {', of '.join(cosines)}.")


def _closed_text(share: float) -> str:
    if share == 0.0:
        return "with the gap open"
    return "with the gap closed" if share == 1.0 else f"with {percent(share)} of the gap closed"


def _captions(library: Library, encoder: Encoder) -> None:
    with st.expander("Does closing the gap improve search? Measure it with captions", icon=":material/sell:"):
        pairs = captions_section(library, encoder)
        if not pairs:
            return

        def work(task: Task) -> list[ClosedGap]:
            return measure_caption_closing(library, encoder, pairs, task=task)

        about = (library.path, encoder.id, pairs)
        steps = task_button(
            "gap captions", "Measure", work, title="Embedding the captions", about=about, state=library.index(encoder),
            note=counted(len(pairs), "caption"),
        )  # fmt: skip
        if steps:
            st.plotly_chart(
                closing_lines(steps), key="gap_lines", config={"displayModeBar": False},
                alt="Share of captions that find their picture, by the share of the gap closed",
            )  # fmt: skip
            first, last = steps[0], steps[-1]
            st.markdown(
                f"Mean cosine of a caption with its own picture: **{first.own or 0:z.2f}** with the gap open, "
                f"**{last.own or 0:z.2f}** closed; with other pictures: **{first.cross_modal or 0:z.2f}** and "
                f"**{last.cross_modal or 0:z.2f}**."
            )
