"""Stored captions on the page of search: what is said of a match, and the switch."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest
from visiting import SEARCH, component, find, visit

from core import Library
from core.library.ingest.captions import embed_captions

pytestmark = pytest.mark.usefixtures("world")


def told(at: AppTest) -> str:
    """What stands on the cards of the results."""
    return str(component(at, "cards")[0]["cards"])


def test_a_caption_that_matches_is_quoted_and_can_be_switched_off(colours: Library) -> None:
    rows = zip(colours.items()["id"].to_pylist(), colours.items()["path"].to_pylist(), strict=True)
    white = next(item_id for item_id, path in rows if path.endswith("white.png"))
    at = find(visit(SEARCH), "red")
    assert "captions" not in [entry.key for entry in at.toggle], "there are none"
    colours.put_captions([(white, "Odile on the ferry in Marseille"), *((white, f"photo {n}") for n in range(40))])
    embed_captions(colours)  # prepares the model, which takes longer than a page may in a test
    at = find(visit(SEARCH), "Odile in Marseille")
    assert "Its caption matches: “Odile on the ferry in Marseille”" in told(at)
    at.toggle("captions").set_value(False).run()
    assert "Its caption matches" not in told(at) and "captions=False" in at.code[0].value
