"""Values of links that no page understands: people shorten links, mistype them, and make them up."""

from __future__ import annotations

import math

import streamlit as st

from ui.server.streamlit_internals import forget_parameter

# Boxes of whole numbers: Streamlit rounds what such a parameter says, and fails on infinity.
_NUMBERS = frozenset("component d k least longest max min more_labels number shortest".split())
# Choices of exactly one, which an empty parameter leaves without any. A text that is empty was emptied.
_CHOICES = frozenset(
    "by captions_from cells combine edition from kind labels_from layout learn_from log_way look measure method of "
    "order part predict rank section shown sort space store_by subject text_from things view way".split()
)


def clean_link() -> None:
    """Take out of the page's link what its widgets could not show, so that they begin with their defaults."""
    for name in list(st.query_params):
        values = st.query_params.get_all(name)
        if (name in _CHOICES and not any(values)) or (name in _NUMBERS and not all(map(_is_finite, values))):
            forget_parameter(name)


def _is_finite(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
