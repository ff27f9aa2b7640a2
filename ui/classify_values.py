"""What a head of a number predicts: of one item large, of many a histogram and a gallery, of texts a table."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core import Encoder, Library
from core.figures_values import value_histogram
from core.heads import Head
from core.value_items import Valued, value_library, values_csv
from ui.classify_classes import fingerprint
from ui.classify_items import Chosen, nothing_left
from ui.classify_one import show_item
from ui.details import open_details, show_details
from ui.filters import labelled
from ui.gallery import Card, Facts, gallery
from ui.memory import remembered
from ui.page import counted, plain
from ui.query import like_file, more_like

_ORDERS = ("highest first", "lowest first")
_SHOWN = 120  # pictures
_SHORT = 14  # letters of the number's name below a picture


def show_values(library: Library | None, encoder: Encoder, chosen: Chosen, head: Head) -> None:
    """The whole section."""
    name = head.names[0]
    if chosen.opened is not None:
        left, right = st.columns([5, 6], gap="medium")
        with left:
            show_item(chosen.opened, stored=chosen.gathered is None)
        with right:
            st.markdown(f"#### {plain(name)} {plain(number_text(chosen.opened.value(head)[0].value))}")
        return
    valued = _values(library, encoder, chosen, head)
    if not valued:
        nothing_left(chosen.filters)
        return
    values = [each.value for each in valued]
    low, high = number_text(min(values)), number_text(max(values))
    ends = f"from {low} to {high}" if low != high else low
    st.markdown(f"#### {counted(len(valued), chosen.noun)}: {plain(name)} {plain(ends)}")
    figure = value_histogram(values, name=name, noun=f"{chosen.noun}s")
    st.plotly_chart(figure, key="value_histogram", config={"displayModeBar": False}, alt=f"How many have which {name}")
    with st.container(horizontal=True, vertical_alignment="center", key="value_view"):
        order = st.segmented_control(
            "Order", _ORDERS, default=_ORDERS[0], required=True, key="order", bind="query-params",
            label_visibility="collapsed",
        )  # fmt: skip
        _csv_button(valued)
    valued = sorted(valued, key=lambda each: each.value, reverse=order != _ORDERS[1])
    if chosen.texts:
        rows = [{"value": each.value, "text": each.what} for each in valued]
        columns = {
            "value": st.column_config.NumberColumn(name, format="%.4g", width="small"),
            "text": st.column_config.TextColumn(width="large"),
        }
        st.dataframe(rows, hide_index=True, key="text_values", column_config=columns)
    else:
        _gallery(valued, name, stored=chosen.gathered is None)


def number_text(value: float) -> str:
    """A number for people: four digits, or all those before the point."""
    return f"{value:,.0f}" if 1_000 <= abs(value) < 1e9 else f"{value:.4g}"


def _values(library: Library | None, encoder: Encoder, chosen: Chosen, head: Head) -> list[Valued]:
    """Computed once for as long as the head and the items stay."""
    gathered = chosen.gathered
    if gathered is not None:
        return remembered("valued", fingerprint(head), gathered, lambda: gathered.value(head))
    assert library is not None
    key = (fingerprint(head), chosen.filters, labelled(library, chosen.filters))
    index = library.index(encoder)
    return remembered("valued", key, index, lambda: value_library(library, encoder, head, filters=chosen.filters))


def _gallery(valued: Sequence[Valued], name: str, *, stored: bool) -> None:
    """valued: in their order."""
    low, high = sorted((valued[0].value, valued[-1].value))
    if len(valued) > _SHOWN:
        st.caption(f"The first {_SHOWN}; the table has them all.")
    cards = [
        Card(each.item, facts=_facts(each.value, (each.value - low) / (high - low) if high > low else 1.0, name))
        for each in valued[:_SHOWN]
        if each.item is not None
    ]
    gallery(cards, key="value_gallery", on_open=open_details, on_like=more_like if stored else like_file)
    show_details((), [card.item for card in cards], stored=stored)


def _facts(value: float, share: float, name: str) -> Facts:
    short = f"{name[:_SHORT].strip()}{'…' if len(name) > _SHORT else ''}"
    title = "As the head predicts it; the bar is its place between the lowest and the highest here"
    return Facts(share, number_text(value), title, short, name)


def _csv_button(valued: Sequence[Valued]) -> None:
    st.download_button(
        "Table (CSV)",
        data=lambda: values_csv(valued),
        file_name="values.csv",
        mime="text/csv",
        icon=":material/table:",
        on_click="ignore",
        help="The number of each, in the column “value”.",
    )
