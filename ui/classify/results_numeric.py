"""Predicted numbers: of one item, of many as histogram and gallery, of texts as a table."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core import Encoder, Library
from core.classify.heads import Head
from core.classify.predict import ValuePrediction, predict_library_values, values_csv
from core.plots.lab import value_histogram
from core.policy import get_policy
from ui.classify.class_table import fingerprint
from ui.classify.result_single import show_item
from ui.classify.source import Selection
from ui.components.gallery.gallery import Card, Facts, gallery
from ui.session.cache import get_cached
from ui.text import counted, plain
from ui.widgets.details import open_details, show_details
from ui.widgets.filters import items_with_label, show_nothing_left
from ui.widgets.query.box import like_file, more_like

_ORDERS = ("highest first", "lowest first")
_SHOWN = 120  # pictures
_SHORT = 14  # letters of the number's name below a picture


def show_values(library: Library | None, encoder: Encoder, chosen: Selection, head: Head) -> None:
    """The whole section."""
    name = head.names[0]
    if chosen.open_item is not None:
        left, right = st.columns([5, 6], gap="medium")
        with left:
            show_item(chosen.open_item, stored=chosen.embedded is None)
        with right:
            st.markdown(f"#### {plain(name)} {plain(number_text(chosen.open_item.predict_values(head)[0].value))}")
        return
    valued = _values(library, encoder, chosen, head)
    if not valued:
        show_nothing_left(chosen.filters)
        return
    values = [entry.value for entry in valued]
    low, high = number_text(min(values)), number_text(max(values))
    ends = f"from {low} to {high}" if low != high else low
    st.markdown(f"#### {counted(len(valued), chosen.noun)}: {plain(name)} {plain(ends)}")
    figure = value_histogram(values, name=name, noun=f"{chosen.noun}s")
    st.plotly_chart(figure, key="value_histogram", config={"displayModeBar": False}, alt=f"Histogram of {name}")
    with st.container(horizontal=True, vertical_alignment="center", key="value_view"):
        order = st.segmented_control(
            "Order", _ORDERS, default=_ORDERS[0], required=True, key="order", bind="query-params",
            label_visibility="collapsed",
        )  # fmt: skip
        _csv_button(valued)
    valued = sorted(valued, key=lambda value: value.value, reverse=order != _ORDERS[1])
    if chosen.texts:
        rows = [{"value": entry.value, "text": entry.source} for entry in valued]
        columns = {
            "value": st.column_config.NumberColumn(name, format="%.4g", width="small"),
            "text": st.column_config.TextColumn(width="large"),
        }
        st.dataframe(rows, hide_index=True, key="text_values", column_config=columns)
    else:
        _gallery(valued, name, stored=chosen.embedded is None)


def number_text(value: float) -> str:
    """A number with four digits, or with all digits before the point."""
    return f"{value:,.0f}" if 1_000 <= abs(value) < 1e9 else f"{value:.4g}"


def _values(library: Library | None, encoder: Encoder, chosen: Selection, head: Head) -> list[ValuePrediction]:
    """Predicted once per head and set of items."""
    embedded_set = chosen.embedded
    if embedded_set is not None:
        return get_cached("valued", fingerprint(head), embedded_set, lambda: embedded_set.predict_values(head))
    assert library is not None
    key = (fingerprint(head), chosen.filters, items_with_label(library, chosen.filters))
    index = library.index(encoder)
    return get_cached(
        "valued", key, index, lambda: predict_library_values(library, encoder, head, filters=chosen.filters)
    )


def _gallery(valued: Sequence[ValuePrediction], name: str, *, stored: bool) -> None:
    """valued: in their order."""
    low, high = sorted((valued[0].value, valued[-1].value))
    if len(valued) > _SHOWN:
        st.caption(f"The first {_SHOWN}. The CSV table has all of them.")
    cards = [
        Card(entry.item, facts=_facts(entry.value, (entry.value - low) / (high - low) if high > low else 1.0, name))
        for entry in valued[:_SHOWN]
        if entry.item is not None
    ]
    gallery(cards, key="value_gallery", on_open=open_details, on_like=more_like if stored else like_file)
    show_details((), [card.item for card in cards], stored=stored)


def _facts(value: float, share: float, name: str) -> Facts:
    short = f"{name[:_SHORT].strip()}{'…' if len(name) > _SHORT else ''}"
    title = "Predicted value. The bar is its position between the lowest and the highest one"
    return Facts(share, number_text(value), title, short, name)


def _csv_button(valued: Sequence[ValuePrediction]) -> None:
    st.download_button(
        "Table (CSV)",
        data=lambda: values_csv(valued, redact=get_policy().display_path),
        file_name="values.csv",
        mime="text/csv",
        icon=":material/table:",
        on_click="ignore",
        help="The predicted number of each item, in the column “value”.",
    )
