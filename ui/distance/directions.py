"""Directions: a walk from one thing to another, and a direction added to a thing."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core import Encoder, Item, Library
from core.geometry.directions import Step, shift_along, walk_between
from core.geometry.nearest import NearItem
from core.search.query import query_state
from ui.components.gallery.gallery import Card, Facts, gallery
from ui.session.cache import get_cached
from ui.text import percent
from ui.widgets.details import open_details, show_details
from ui.widgets.item_picker import pick_item, sample_terms
from ui.widgets.query.box import more_like
from ui.widgets.query.default_terms import term_code

_COSINE = "Cosine of this picture with the point on the way"


def walk_section(library: Library, encoder: Encoder) -> str:
    """From one thing to another; returns the lines of Python. Raises QueryError."""
    left, right = st.columns(2, gap="medium")
    defaults = sample_terms(library, encoder, 2)
    defaults = defaults if len(defaults) == 2 else ["day", "night"]
    with left:
        start = pick_item("From", "from", library=library, encoder=encoder, default=defaults[0])
    with right:
        end = pick_item("To", "to", library=library, encoder=encoder, default=defaults[1])
    steps = st.slider("Steps", 3, 12, 7, key="steps", bind="query-params", width=320)
    if start is None or end is None:
        st.info("Choose a start and an end: words or pictures.", icon=":material/edit:")
        return ""
    key = (encoder.id, start, end, query_state(encoder, [start, end]), steps)
    found = get_cached(
        "walk", key, library.index(encoder), lambda: walk_between(library, encoder, start, end, steps=steps, nearest=4)
    )
    _row(found)
    st.caption(
        "Each step is a point between both, at equal angles. Large: the picture nearest to it. Small: the next ones. "
        "No picture is shown twice.",
        help="The ends themselves are left out. Pictures in the middle often share something with both ends, or with "
        "neither: the space is mostly empty, and even the nearest picture may be far away.",
    )
    return f"""from core import Term
from core.geometry import walk_between

for step in walk_between(library, encoder, {term_code(start)}, {term_code(end)}, steps={steps}):
    print(step.share, [near.item.path for near in step.nearest])
"""


def step_section(library: Library, encoder: Encoder) -> str:
    """A direction between two things, added to a third by a slider; returns the lines of Python. Raises QueryError."""
    left, middle, right = st.columns(3, gap="medium")
    with left:
        origin = pick_item("Start at", "origin", library=library, encoder=encoder, default="a street")
    with middle:
        low = pick_item("Away from", "away", library=library, encoder=encoder, default="day")
    with right:
        high = pick_item("Towards", "towards", library=library, encoder=encoder, default="night")
    amount = st.slider("Amount of the direction", 0.0, 2.0, 0.5, 0.05, key="amount", bind="query-params", width=480)
    if origin is None or low is None or high is None:
        st.info("Choose all three: a start and both ends of the direction.", icon=":material/edit:")
        return ""
    key = (encoder.id, origin, low, high, query_state(encoder, [origin, low, high]), amount)
    before, after = get_cached(
        "step", key, library.index(encoder),
        lambda: shift_along(library, encoder, origin, low, high, amounts=(0.0, amount), nearest=8),
    )  # fmt: skip
    known = {nearest.item.id for nearest in before.nearest}
    new = sum(nearest.item.id not in known for nearest in after.nearest)
    st.markdown(f"#### {new} of the {len(after.nearest)} nearest changed")
    nearest_gallery(after.nearest, key="step_gallery", new={nearest.item.id for nearest in after.nearest} - known)
    st.caption(
        "At 0: the pictures nearest to the start. The slider adds the difference of the two ends, multiplied by the "
        "amount. At high amounts the direction outweighs the start."
    )
    return f"""from core import Term
from core.geometry import shift_along

origin, low, high = {term_code(origin)}, {term_code(low)}, {term_code(high)}
for step in shift_along(library, encoder, origin, low, high, amounts=[0, {amount:g}]):
    print(step.share, [near.item.path for near in step.nearest])
"""


def nearest_gallery(
    nearest: Sequence[NearItem], *, key: str, new: set[str] | None = None, videos: bool = False
) -> None:
    """Items with their cosines; new ones have a badge."""
    new = new or set()
    cards = [
        Card(near.item, facts=_facts("", near), badge="new" if near.item.id in new else "", time_s=near.time_s)
        for near in nearest
    ]
    gallery(cards, key=key, on_open=open_details, on_like=more_like)
    show_details((), [near.item for near in nearest], videos=videos)


def _row(steps: Sequence[Step]) -> None:
    """The nearest item of each step, the next ones small beside it."""
    shown = [step for step in steps if step.nearest]
    cards = [
        Card(
            step.nearest[0].item,
            facts=_facts(f"{percent(step.share)} of the way", step.nearest[0], step.share),
            time_s=step.nearest[0].time_s,
            near=tuple(nearest.item for nearest in step.nearest[1:]),
        )
        for step in shown
    ]
    gallery(cards, key="walk_gallery", on_open=open_details, on_like=more_like)
    items: list[Item] = [nearest.item for step in shown for nearest in step.nearest]
    show_details((), items)


def _facts(text: str, nearest: NearItem, share: float | None = None) -> Facts:
    return Facts(share, text, "How far along the way this point is", f"{nearest.cosine:z.2f}", _COSINE)
